"""The CDK app. `cdk deploy` runs it by way of cdk.json; on its own it is a full synthesis into cdk.out."""

from __future__ import annotations

from cdk.synthesis import main

if __name__ == "__main__":
    main()
