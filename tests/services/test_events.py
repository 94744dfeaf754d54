"""Whatever an event holds: it names a resource by a text or names none, and is no error."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.core.cloudtrail import DETAIL_TYPE, call, wrapped
from remediate.services import Audited, audited, kinds

SERVICES = {kind: service for kind in kinds() if (service := audited(kind)) is not None}
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
def records(draw: st.DrawFn, service: Audited) -> Any:
    """Anything at all, or the service's own event with anything in it."""
    if draw(st.booleans()):
        return draw(anything)
    own = {
        "eventSource": st.just(service.EVENT_SOURCE),
        "eventName": st.sampled_from(sorted(service.EVENTS)),
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
    service = SERVICES[kind]
    record = wrapped({"detail-type": DETAIL_TYPE, "detail": data.draw(records(service))})
    if record is None:
        return
    assert isinstance(call(record).who, str)
    found = service.resource_id(record)
    assert isinstance(found, str)
    assert service.affects(record, f"{kind}/a") in {True, False}
    if not found:
        assert not service.affects(record, f"{kind}/")


@pytest.mark.parametrize("kind", sorted(SERVICES))
@pytest.mark.parametrize("odd", ["x", ["x"], 1, {"value": 1}, {"value": ["x"]}, {"value": {"x": "y"}}])
def test_what_is_no_text_names_nothing(kind: str, odd: Any) -> None:
    service = SERVICES[kind]
    parameters = {IDS[kind]: odd["value"]} if isinstance(odd, dict) else odd
    for name in service.EVENTS:
        record = {
            "eventSource": service.EVENT_SOURCE,
            "eventName": name,
            "requestParameters": parameters,
            "responseElements": parameters,
        }
        assert service.resource_id(record) == ""
