"""The pure core: CORS as values. No I/O, no clock, no environment, no AWS client."""
