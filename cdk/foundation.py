"""What every stack of a deployment stands on: its settings, its data key, how it keeps tables and is watched."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Stack

from cdk.alarms import Alarms
from cdk.encryption import DataKey
from cdk.function import Operations
from cdk.settings import Settings
from cdk.tables import Storage


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundation:
    settings: Settings
    data_key: DataKey
    storage: Storage
    operations: Operations
    exported: bool
    """Whether a stack in another Region refers to this one. CDK refuses to change a value that is referred to so."""


def lay_foundation(stack: Stack, settings: Settings, *, alarm_topic: str, exported: bool = False) -> Foundation:
    data_key = DataKey(stack, "DataKey", keep=settings.keep_data)
    return Foundation(
        settings=settings,
        data_key=data_key,
        storage=Storage(key=data_key.key, keep=settings.keep_data),
        operations=Operations(
            key=data_key.key,
            log_retention_days=settings.log_retention_days,
            alarms=Alarms(topic_arn=alarm_topic),
        ),
        exported=exported,
    )
