#!/usr/bin/env bash
# Uploads remediate-lambda.zip and deploys template.yaml, and events.yaml where other regions tell of
# changes. Made by `remediate schedule --on lambda` of cors-remediate @{version}.
#
#   DIR/deploy.sh CODE-BUCKET [PARAMETER=VALUE…]      like AlarmEmail=you@example.com
#
# Needs the AWS CLI, with credentials that may create roles. STACK names the stack (remediate),
# AWS_REGION where it goes (@{region_words}).
set -euo pipefail
cd "$(dirname "$0")"
bucket=${1:?usage: deploy.sh CODE-BUCKET [PARAMETER=VALUE…]}
shift
stack=${STACK:-remediate}
export AWS_REGION=@{region_default}

key=remediate/$(python3 -c 'import hashlib; print(hashlib.sha256(open("remediate-lambda.zip", "rb").read()).hexdigest())').zip
aws s3 cp --only-show-errors remediate-lambda.zip "s3://$bucket/$key"

# A limit of the account that leaves room: see ReservedConcurrency in template.yaml.
limit=$(aws lambda get-account-settings --query AccountLimit.ConcurrentExecutions --output text)
reserved=$((limit >= 200 ? 1 : 0))

# A parameter given twice is refused, so what the caller says comes instead of ours.
case " $* " in *" ReservedConcurrency="*) ;; *) set -- "ReservedConcurrency=$reserved" "$@" ;; esac
aws cloudformation deploy --stack-name "$stack" --template-file template.yaml \
    --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset \
    --parameter-overrides "CodeBucket=$bucket" "CodeKey=$key" "$@"
# CloudTrail tells of changes in these; what it tells elsewhere is sent to the function's region.
for region in @{regions}; do
    if [ "$region" != "$AWS_REGION" ]; then
        aws cloudformation deploy --region "$region" --stack-name "$stack-events" --template-file events.yaml \
            --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset \
            --parameter-overrides "MainRegion=$AWS_REGION"
    fi
done
aws cloudformation describe-stacks --stack-name "$stack" --query 'Stacks[0].Outputs' --output table
