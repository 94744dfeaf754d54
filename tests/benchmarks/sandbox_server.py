"""The sandbox with its broken application on 127.0.0.1; prints its address."""

from __future__ import annotations

from remediate.sandbox import serve


def _tell(exports: dict[str, str]) -> None:
    print(exports["AWS_ENDPOINT_URL"], flush=True)


if __name__ == "__main__":
    serve(0, _tell)
