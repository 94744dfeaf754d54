"""Plan, apply and prove CORS across API Gateway, CloudFront and S3."""
