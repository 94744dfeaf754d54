r"""Text of others for each medium: one line, nothing invisible, nothing that the medium acts on.

Names, tags, rules and messages come from AWS, from journals and from plan files, and whoever wrote them
may not be who reads them. Every renderer passes each line, or each value that it puts into its own markup,
through the function of its medium; a document in JSON holds the values as they are.
"""

from __future__ import annotations

import html
import re

from remediate.text import printable_line

_WORD = re.compile(r"(?P<open>[(\"']*)(?P<core>.+?)(?P<close>[)\"'.,;:?]*)")
_PUNCTUATION = re.compile(r"[)\"'.,;:?]+(?=\s|$)")
_PLAIN = re.compile(r"[^\W\d_]+(-[^\W\d_]+)*(['’][^\W\d_]+)?|\d+|[→…–—]")
_COMMIT = re.compile(r"[0-9a-f]{7,}", re.IGNORECASE)
_SLACK_MARKS = re.compile(r"(?<!\w)[*_~]|[*_~](?!\w)|:(?=[\w+-]*[a-z][\w+-]*:)")


def terminal_line(text: str) -> str:
    r"""One line of a terminal or a log: a line feed in it is shown as `\n`, and CI systems read no command.

    The runner of GitHub Actions acts on a line whose first characters that are not spaces are `::`
    (`ActionCommand.TryParseV2`). Tabs, which code in a line may hold, stay.
    """
    line = "\t".join(map(printable_line, text.split("\t")))
    bare = line.lstrip()
    return f"{line[: len(line) - len(bare)]}\\x3a{bare[1:]}" if bare.startswith("::") else line


def markdown_text(text: str) -> str:
    """A sentence for Markdown in which only plain words stand bare; each other word is a span of code.

    GitHub and GitLab find mentions, references, commits and addresses in all text that is no code, after the
    Markdown is rendered, so that a backslash does not keep them from it. What stands in backticks already
    is one span.
    """
    parts = re.split(r"`([^`]+)`", text)
    spans = [
        markdown_code(part) if number % 2 else _after_code(part) if number else _words(part, is_first=True)
        for number, part in enumerate(parts)
    ]
    # Two spaces at the end of a line would break it.
    return "".join(spans).strip(" ")


def markdown_code(text: str) -> str:
    r"""A span of code, also for a cell of a table; a backtick or a bar in it is shown as `\x60` or `\x7c`."""
    shown = printable_line(text).replace("`", "\\x60").replace("|", "\\x7c")
    return f"`{shown}`" if shown.strip() else shown


def markdown_fenced(lines: list[str], language: str = "") -> list[str]:
    """A block of code, with a fence that none of its lines can close."""
    shown = [terminal_line(line) for line in lines]
    runs = [len(run) for line in shown for run in re.findall("`+", line)]
    fence = "`" * max([3, *(run + 1 for run in runs)])
    return [fence + language, *shown, fence]


def html_text(text: str) -> str:
    """Text between tags, or the value of an attribute in quotes."""
    return html.escape(printable_line(text))


def slack_text(text: str) -> str:
    """One line of Slack's mrkdwn in which nothing is bold, a mention, a link, code or an emoji.

    Source: "Formatting text for app surfaces": `&`, `<` and `>` are escaped. Marks count at the ends of
    words.
    """
    plain = _slack_escaped(text).replace("`", "'")
    return _SLACK_MARKS.sub(lambda mark: f"\\x{ord(mark[0]):02x}", plain)


def slack_code(lines: list[str]) -> str:
    """A block of code; nothing inside ends it."""
    return "```" + "\n".join(_slack_escaped(line).replace("`", "'") for line in lines) + "```"


def teams_text(text: str) -> str:
    """The text of a TextRun, which reads no Markdown; a TextBlock would."""
    return printable_line(text)


def _slack_escaped(text: str) -> str:
    return printable_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _words(text: str, *, is_first: bool) -> str:
    words = re.sub(" +", " ", printable_line(text)).split(" ")
    shown = [_word(word) for word in words]
    if is_first and words[0][:1].isdigit():
        # `1.` would begin a list where the text begins a line.
        shown[0] = markdown_code(words[0])
    return " ".join(shown)


def _after_code(text: str) -> str:
    """The words behind a span of code; punctuation right behind it stands bare, or two spans would meet."""
    end = _PUNCTUATION.match(text)
    behind = end[0] if end else ""
    return behind + _words(text[len(behind) :], is_first=False)


def _word(word: str) -> str:
    parts = _WORD.fullmatch(word)
    if parts is None:
        return word
    core = parts["core"]
    if _PLAIN.fullmatch(core) and not _COMMIT.fullmatch(core):
        return word
    if not set(core) - set("()\"'.,;:?"):
        return markdown_code(word)
    return f"{parts['open']}{markdown_code(core)}{parts['close']}"
