"""Whatever an event holds: it names a resource by a text or names none, and is no error."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.core.cloudtrail import DETAIL_TYPE, call, wrapped
from remediate.services import Service, kinds, service

SERVICES = {kind: service(kind) for kind in kinds() if service(kind).EVENTS}
IDS = {"s3": "bucketName", "http_api": "apiId", "rest_api": "restApiId", "cloudfront": "id"}
MEMBERS = [*IDS.values(), "stageName", "createStageInput", "distribution"]

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS) | st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


@st.composite
def records(draw: st.DrawFn, aws_service: Service) -> Any:
    """Anything at all, or the service's own event with anything in it."""
    if draw(st.booleans()):
        return draw(anything)
    own = {
        "eventSource": st.just(aws_service.EVENT_SOURCE),
        "eventName": st.sampled_from(sorted(aws_service.EVENTS)),
        "requestParameters": anything,
        "responseElements": anything,
        "userIdentity": anything,
        "errorCode": anything,
    }
    wrong = draw(st.sets(st.sampled_from(sorted(own)), max_size=2))
    return {member: draw(anything if member in wrong else value) for member, value in own.items()}


@pytest.mark.parametrize("kind", sorted(SERVICES))
@given(data=st.data())
def test_any_event_names_a_text_and_is_no_error(kind: str, data: st.DataObject) -> None:
    aws_service = SERVICES[kind]
    record = wrapped({"detail-type": DETAIL_TYPE, "detail": data.draw(records(aws_service))})
    if record is None:
        return
    assert isinstance(call(record).who, str)
    found = aws_service.resource_id(record)
    assert isinstance(found, str)
    assert aws_service.affects(record, f"{kind}/a") in {True, False}
    if not found:
        assert not aws_service.affects(record, f"{kind}/")


@pytest.mark.parametrize("kind", sorted(SERVICES))
@pytest.mark.parametrize("odd", ["x", ["x"], 1, {"value": 1}, {"value": ["x"]}, {"value": {"x": "y"}}])
def test_what_is_no_text_names_nothing(kind: str, odd: Any) -> None:
    aws_service = SERVICES[kind]
    parameters = {IDS[kind]: odd["value"]} if isinstance(odd, dict) else odd
    for name in aws_service.EVENTS:
        record = {
            "eventSource": aws_service.EVENT_SOURCE,
            "eventName": name,
            "requestParameters": parameters,
            "responseElements": parameters,
        }
        assert aws_service.resource_id(record) == ""
