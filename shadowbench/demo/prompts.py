"""The demo's traffic: short tasks of the kinds that applications send, written for this demo."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

_QUESTIONS = (
    "Why do leaves change colour in autumn?",
    "What does a lighthouse keeper do?",
    "How does a bicycle stay upright?",
    "Which is heavier, a litre of oil or a litre of water?",
    "What is the difference between weather and climate?",
    "Why does bread rise?",
    "Name three rivers in Europe.",
    "What is a leap year?",
    "How many minutes are there in a day?",
    "What should I pack for a rainy hike?",
    "Why is the sky dark at night?",
    "What is the purpose of a library?",
)
_EXTRACTION = (
    "Give only the city: 'Our new office opens in Lisbon on 3 March.'",
    "Give only the amount: 'Please transfer 418.50 EUR by Friday.'",
    "Give only the name: 'Mrs Adeyemi will call you back tomorrow.'",
    "Give only the date: 'The lease ends on 30 June and can be renewed.'",
    "List the colours: 'a red door, two blue chairs and a green lamp'.",
    "Is this review positive or negative? 'The soup was cold and the waiter forgot us.'",
    "Is this review positive or negative? 'Quick delivery, and it fits perfectly.'",
    "Which product is meant? 'My kettle from last week leaks at the handle.'",
    "Answer yes or no: does this mail ask for a refund? 'I want my money back.'",
    "Give the order number only: 'Order 77-1042 has not arrived yet.'",
)
_CODE = (
    "Write a Python function that adds two numbers.",
    "Write a shell command that counts the lines of a file.",
    "What does `len([1, 2, 3])` return in Python?",
    "Write an SQL query that counts the rows of the table orders.",
    "Write a regular expression for a four-digit year.",
    "Explain in one sentence what a for loop does.",
    "Write a JSON object with a name and an age.",
    "How do I reverse a string in Python?",
)
_REWRITING = (
    "Make it polite: 'Send me the report now.'",
    "Make it shorter: 'At this point in time we are not able to give an answer.'",
    "Correct the spelling: 'I recieved you're mesage yesterday.'",
    "Turn it into a question: 'The train leaves at nine.'",
    "Put it in the past tense: 'She walks to the market and buys pears.'",
    "Translate to French: 'Good morning, where is the station?'",
    "Make it formal: 'Hey, the thing is broken again.'",
    "Write a headline for: 'The town repaired its old bridge in six weeks.'",
    "Say it in plain words: 'The remuneration is contingent upon completion.'",
    "Write one friendly sentence that declines an invitation.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One request of the demo: what is asked, and in which of the four ways."""

    text: str
    stream: bool
    anthropic: bool
    max_tokens: int


def prompts(count: int) -> list[Prompt]:
    """`count` prompts, the kinds taken in turn; beyond the written ones they begin again with a new number in front."""
    kinds = (_QUESTIONS, _EXTRACTION, _CODE, _REWRITING)
    texts = [text for group in itertools.zip_longest(*kinds) for text in group if text]
    return [_prompt(number, texts) for number in range(count)]


def _prompt(number: int, texts: list[str]) -> Prompt:
    round_, place = divmod(number, len(texts))
    return Prompt(
        text=texts[place] if round_ == 0 else f"({round_ + 1}) {texts[place]}",
        stream=number % 2 == 0,
        anthropic=number % 4 == 3 or number % 8 == 2,
        max_tokens=(16, 24, 32)[number % 3],
    )
