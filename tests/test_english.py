"""Plain English, as far as a machine can check it: turns that are never right here.

People read this project to learn, half of them in a second language. A relative clause has a noun,
the actor comes first, and a word is the field's word.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from prose import of_page, of_python, sentences

TOP = Path(__file__).parents[1]

PAGES = {".md", ".py", ".ipynb"}
UNREAD = {"_build", "__pycache__", "target", ".ipynb_checkpoints"}


class Turn(NamedTuple):
    """A turn that is never right, what is better, an example of it, and what must pass."""

    pattern: str
    better: str
    wrong: str
    right: str


TURNS = {
    "headless who": Turn(
        r"^Who(ever)? (?!.*\b(what|whom)\b).*[.;,]$|\b(to|for|from|than|between|among) who\b"
        r"|^Who(ever)? \w+ (\w+ ){0,3}(is|are|gets|has|sees)\b.*[.;,]$",
        "give the clause a noun: 'a client that joins', 'programs that read the log'",
        "Who joins puts itself into the set.",
        "Who owns this? A client that joins puts itself into the set. Who may touch what.",
    ),
    "besides": Turn(
        r"\bbesides(?=[.,;:)]|$)",
        "say 'also', 'too' or 'in addition'",
        "It counts them, and logs them besides.",
        "Besides the broker there are two threads for each client.",
    ),
    "is none": Turn(
        r"(?<![Tt]here )\b(is|are|was|were) none\b(?! of\b| the )"
        r"|(?<![Tt]here )\b(is|are) no (clients?|requests?|messages?|texts?|daemons?)\b",
        "repeat the noun: 'is not a request', 'is no text'",
        "It refuses what is none.",
        "There is none, so it waits. They are none the wiser, and none of them is.",
    ),
    "stands": Turn(
        r"(?<![-\w])(?<!as it )(?<!things )(stands?|stood)(?![-\w])"
        r"(?! (for|out|up|by|still|beside|on its own)\b)",
        "things 'are' somewhere, and threads 'wait'",
        "The class stands in another file.",
        "A stand-in stands for a queue. Every folder stands beside it. It runs as it stands.",
    ),
    "is to": Turn(
        r"\b(that|which|who) (is|are|was|were) to (?!say\b)[a-z]+\b",
        "say 'should', 'must' or 'has to'",
        "The test that is to notice it fails.",
        "That is what it is for. It has to be noticed, that is to say, to fail.",
    ),
    "lets in": Turn(
        r"\b(let|lets|letting) (\w+ ){0,2}in(?=[.,;:)]|$)"
        r"|\btak(e|es|en) (it |them )?in(?=[.,;:)]|$)",
        "a server 'accepts' a client, and 'receives' bytes",
        "The server lets a client in, and takes it in.",
        "Let it run in the background. They are taken in this order.",
    ),
    "goodbye": Turn(
        r"\b([Gg]ood-?byes?|[Ff]arewells?)\b",
        "it is a Close frame, or a close reason",
        "The writer sends the goodbye.",
        "The queue holds `goodbye`, and the writer sends a Close frame.",
    ),
    "behind": Turn(
        r"\b(lines?|frames?|bytes|words?|nothing|comes?|follows?) (still )?behind"
        r" (it|them|that|th\w+ \w+)\b",
        "what comes later is 'after', not 'behind'",
        "The lines behind it are printed, and nothing comes behind the end.",
        "nginx is in front, with the server behind it.",
    ),
    "tells": Turn(
        r"\btells (which|whether|what|how|the options|the names)\b",
        "a list 'lists', a text 'says'; only somebody can be told something",
        "The help tells the options.",
        "The broker tells the writer to end; nobody can tell which of them.",
    ),
    "so many": Turn(
        r"(?<![Ww]hy )(?<!not )\b[Ss]o many [a-z]+\b(?!.*\b(that|as)\b)",
        "a number that the reader knows already is 'that many'",
        "Wait until so many clients have joined.",
        "That is why so many servers fail. There are so many clients that they have to wait.",
    ),
    "nothing of it": Turn(
        r"\b[Nn]othing of (it|them) (is|are|was|were)\b|\b(knows?|hears?|imports?) nothing of\b",
        "'it leaves nothing behind', 'it does not know', 'it imports nothing from'",
        "After the client has gone, nothing of it is left.",
        "After the client has gone, nothing is left of it. It knows nothing about frames.",
    ),
    "one can": Turn(
        r"\b(that|what|as|so|where|which|when) one (can|could|should|would|may|must|says|sees)\b"
        r"(?! be\b)",
        "say who does it: 'you', 'a reader', 'a client'",
        "It is a behaviour that one can see from outside.",
        "One can be seen; which one does x send? The last item, if one can be sent.",
    ),
    "reads on": Turn(
        r"\breads on\b(?! \w)",
        "it 'continues to read', or 'reads again'",
        "It waits until client 2 reads on.",
        "It reads on every line, and you read on.",
    ),
}


def read_by_people() -> dict[str, list[Path]]:
    """Return the files that have prose, by the place at the top where they are."""
    files = list(TOP.glob("*.md"))
    for folder in ("msgproxy", "tests", "tutorial", "notebooks"):
        files += sorted((TOP / folder).rglob("*.*"))
    found: dict[str, list[Path]] = {}
    for path in files:
        parts = path.relative_to(TOP).parts
        if path.suffix in PAGES and not UNREAD & set(parts) and path != Path(__file__):
            found.setdefault("/".join(parts[: min(2, len(parts) - 1)]) or "top", []).append(path)
    return found


PLACES = read_by_people()


@pytest.mark.parametrize("place", PLACES)
def test_no_turn_that_has_to_be_decoded(place: str) -> None:
    found = [
        f"{path.relative_to(TOP)}:{sentence.line}: {sentence.text}\n    {turn.better}"
        for path in PLACES[place]
        for sentence in sentences(path)
        for turn in TURNS.values()
        if re.search(turn.pattern, sentence.text)
    ]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS)
def test_each_turn_is_found_and_its_neighbours_are_not(turn: Turn) -> None:
    """The test of the test."""
    assert [s for s in of_page(turn.wrong) if re.search(turn.pattern, s.text)]
    assert [s.text for s in of_page(turn.right) if re.search(turn.pattern, s.text)] == []


CODE = '''
def forward(message):
    """Forward it to `who stands here`::

        who_stands = "here"

    Who sends it: a client.
    """
    put(message)  # the client is
    # lagging
    return "It stands here."
'''


def test_prose_is_docstrings_and_comments_without_code() -> None:
    assert [sentence.text for sentence in of_python(CODE)] == [
        "Forward it to x::",
        "Who sends it:",
        "a client.",
        "the client is lagging",
    ]


def test_prose_of_a_page_is_sentences_and_cells_with_their_lines() -> None:
    page = "# Who?\n\nOne is\nshort. Two\nis [long](x.md).\n\n```sh\nnone\n```\n\n| a | b c |\n"
    assert list(of_page(page)) == [
        (3, "One is short."),
        (4, "Two is long."),
        (11, "a"),
        (11, "b c"),
    ]
