"""The web platform as the standards define it: origins, headers, CORS checks. Pure; knows no AWS."""
