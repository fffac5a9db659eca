"""What the deployed stack itself keeps right."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import CUSTOMER_MESSAGES, Mutant

THE_TEMPLATE: Final = (
    Mutant(
        name="only the customer's messages reach the bot",
        without="the bot answers itself, or a person's words",
        file="cdk/customer_messages.py",
        old='{"ParticipantRole": ["CUSTOMER"], "Type": ["MESSAGE", "ATTACHMENT"]}',
        new='{"Type": ["MESSAGE", "ATTACHMENT"]}',
        test=f"{CUSTOMER_MESSAGES}::test_the_bot_hears_customers_people_and_the_end_but_never_itself",
    ),
    Mutant(
        name="files reach the bot",
        without="a file is met with silence",
        file="cdk/customer_messages.py",
        old='"Type": ["MESSAGE", "ATTACHMENT"]',
        new='"Type": ["MESSAGE"]',
        test=f"{CUSTOMER_MESSAGES}::test_the_bot_hears_customers_people_and_the_end_but_never_itself",
    ),
    Mutant(
        name="a person's arrival reaches the bot",
        without="the bot speaks on beside the person until a token is refused",
        file="cdk/customer_messages.py",
        old="}.participant.joined",
        new="}.participant.left",
        test=f"{CUSTOMER_MESSAGES}::test_the_bot_hears_customers_people_and_the_end_but_never_itself",
    ),
    Mutant(
        name="an event that fails again and again is moved",
        without="a failed rescue is tried until its text expires, and no alarm says so",
        file="cdk/rescue.py",
        old="        otherwise=unrescued,\n",
        new="",
        test="tests/infrastructure/test_rescue.py::test_what_fails_again_and_again_is_moved_where_the_alarm_is",
    ),
    Mutant(
        name="what nobody could rescue raises an alarm",
        without="a customer nobody helped is noticed by nobody",
        file="cdk/alarms.py",
        old='"NotEmpty", metric=depth, threshold=1,',
        new='"NotEmpty", metric=depth, threshold=100,',
        test="tests/infrastructure/test_functions.py::test_a_single_event_that_nobody_could_rescue_raises_an_alarm_that_says_what_to_do",
    ),
)
