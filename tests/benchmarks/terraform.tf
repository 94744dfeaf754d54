# One REST API of 20 resources with two methods and a preflight each, as the AWS provider wants it.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}

locals {
  resources = toset([for number in range(20) : format("r%02d", number)])
  methods   = { for pair in setproduct(local.resources, ["GET", "POST"]) : join("/", pair) => pair }
  function  = "arn:aws:lambda:eu-west-1:123456789012:function:bench/invocations"
}

resource "aws_api_gateway_rest_api" "api" {
  name = "bench-terraform"
}

resource "aws_api_gateway_resource" "all" {
  for_each    = local.resources
  rest_api_id = aws_api_gateway_rest_api.api.id
  parent_id   = aws_api_gateway_rest_api.api.root_resource_id
  path_part   = each.key
}

resource "aws_api_gateway_method" "all" {
  for_each      = local.methods
  rest_api_id   = aws_api_gateway_rest_api.api.id
  resource_id   = aws_api_gateway_resource.all[each.value[0]].id
  http_method   = each.value[1]
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "all" {
  for_each                = aws_api_gateway_method.all
  rest_api_id             = each.value.rest_api_id
  resource_id             = each.value.resource_id
  http_method             = each.value.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${local.function}"
}

resource "aws_api_gateway_method" "options" {
  for_each      = aws_api_gateway_resource.all
  rest_api_id   = each.value.rest_api_id
  resource_id   = each.value.id
  http_method   = "OPTIONS"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "options" {
  for_each          = aws_api_gateway_method.options
  rest_api_id       = each.value.rest_api_id
  resource_id       = each.value.resource_id
  http_method       = each.value.http_method
  type              = "MOCK"
  request_templates = { "application/json" = jsonencode({ statusCode = 200 }) }
}

resource "aws_api_gateway_method_response" "options" {
  for_each    = aws_api_gateway_method.options
  rest_api_id = each.value.rest_api_id
  resource_id = each.value.resource_id
  http_method = each.value.http_method
  status_code = "200"
  response_parameters = {
    "method.response.header.Access-Control-Allow-Origin"  = false
    "method.response.header.Access-Control-Allow-Methods" = false
  }
}

resource "aws_api_gateway_integration_response" "options" {
  for_each    = aws_api_gateway_method_response.options
  rest_api_id = each.value.rest_api_id
  resource_id = each.value.resource_id
  http_method = each.value.http_method
  status_code = each.value.status_code
  response_parameters = {
    "method.response.header.Access-Control-Allow-Origin"  = "'https://app.example.com'"
    "method.response.header.Access-Control-Allow-Methods" = "'GET,POST'"
  }
  depends_on = [aws_api_gateway_integration.options]
}

resource "aws_api_gateway_deployment" "all" {
  rest_api_id = aws_api_gateway_rest_api.api.id
  depends_on  = [aws_api_gateway_integration.all, aws_api_gateway_integration_response.options]
}

resource "aws_api_gateway_stage" "prod" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  deployment_id = aws_api_gateway_deployment.all.id
  stage_name    = "prod"
}
