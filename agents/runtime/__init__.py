"""The team as a program for Amazon Bedrock AgentCore Runtime; `python -m agents.runtime` runs it anywhere."""
