"""A team of another trade, small enough to be read in a test: a library that renews loans."""

from __future__ import annotations

from pathlib import Path

TEAM = """\
name: library
idle_session_seconds: 60
supervisor:
  name: desk
  description: Talks with readers.
  instruction: desk.md
collaborators:
  - name: loans
    description: Renews loans.
    instruction: loans.md
    tools: [renew]
    controls: [fetch]
tools:
  - name: renew
    action_group: loans
    runs_in: LoansTool
    description: Renews a loan.
    parameters:
      card: {type: string, description: The reader's card., required: true, max_length: 5}
      weeks: {type: integer, description: For how long.}
controls:
  - name: fetch
    action_group: people
    description: Fetches the librarian.
    outcome: escalate
    reason: team_decided
    queue: Librarians
    summary: wish
    parameters:
      wish: {type: string, description: What the reader wants., required: true, max_length: 200}
      card: {type: string, description: The reader's card., mask: true}
functions:
  - name: LoansTool
    handler: lambdas.tools.loans.handler
    table: Loans
    partition_key: card
    operations: [GetItem]
"""

INSTRUCTION = "You work in a library and are kind to everybody.\n\n- house: Old Library\n"

PLAN = """\
languages: [en, de]
slots:
  - name: card
    patterns: [{match: '\\bC ?(\\d+)\\b', form: 'C{0}'}]
  - name: weeks
    patterns: [{match: '\\b(\\d) (?:weeks|Wochen)\\b', form: '{0}'}]
  - name: wish
tasks:
  - {name: fetch, collaborator: loans, tool: fetch, may_have: [card], told_as: wish, alone: true}
  - {name: renew, collaborator: loans, tool: renew, needs: [card], may_have: [weeks], suggested_by: [card]}
asks:
  results.renew.not_found: [card]
offers:
  say.not_understood_again: fetch
"""

ENGLISH = """\
recognise: the my please renew hello librarian i want a
fillers: the my please i want a
negations: dont want
turns: but
joins: and
announces: also
denials: not
tasks:
  fetch: {phrases: ["librarian"]}
  renew: {phrases: ["renew*"]}
talk:
  greeting: {phrases: ["hello"], answer: "Welcome to the {house}."}
  "yes": {phrases: ["= yes"], answer: "Good."}
ask:
  card: "Which card?"
results:
  renew: {renewed: "Renewed until {until}[ for {weeks} weeks].", not_found: "No such card. Which one?"}
  fetch: {done: "Fetched."}
say: {not_understood: "Pardon?", not_understood_again: "Shall I fetch the librarian?", still_missing: "Still no card.",
  noted: "Noted.", cannot: "I cannot do that.", trouble: "Something is wrong.", briefing: "Reader said: {said}"}
formats:
  date: "{month} {day}, {year}"
  months: [Jan, Feb, Mar, Apr, May, Jun, Jul, Aug, Sep, Oct, Nov, Dec]
  item: "{name}"
  last: " and "
"""

GERMAN = """\
recognise: die meine bitte verlängern hallo bibliothekarin ich will eine
fillers: die meine bitte ich will eine
negations: will keine
turns: aber
joins: und
announces: auch
denials: nicht
tasks:
  fetch: {phrases: ["bibliothekarin"]}
  renew: {phrases: ["verlänger*"]}
talk:
  greeting: {phrases: ["hallo"], answer: "Willkommen in der {house}."}
  "yes": {phrases: ["= ja"], answer: "Gut."}
ask:
  card: "Welche Karte?"
results:
  renew: {renewed: "Verlängert bis {until}[ um {weeks} Wochen].", not_found: "Keine solche Karte. Welche?"}
  fetch: {done: "Geholt."}
say: {not_understood: "Wie bitte?", not_understood_again: "Soll ich die Bibliothekarin holen?",
  still_missing: "Immer noch keine Karte.", noted: "Notiert.", cannot: "Das kann ich nicht.",
  trouble: "Etwas stimmt nicht.", briefing: "Gesagt wurde: {said}"}
formats:
  date: "{day}. {month} {year}"
  months: [Jan, Feb, März, April, Mai, Juni, Juli, Aug, Sept, Okt, Nov, Dez]
  item: "{name}"
  last: " und "
"""

FILES = {
    "team.yaml": TEAM,
    "desk.md": INSTRUCTION,
    "loans.md": INSTRUCTION,
    "script.yaml": PLAN,
    "script.en.yaml": ENGLISH,
    "script.de.yaml": GERMAN,
}


def write_team(folder: Path, **changed: tuple[str, str]) -> Path:
    """The team's files; `team_yaml=("old", "new")` writes team.yaml with one text replaced."""
    for name, content in FILES.items():
        old, new = changed.get(name.replace(".", "_"), ("", ""))
        assert old in content
        (folder / name).write_text(content.replace(old, new, 1) if old else content, encoding="utf-8")
    return folder
