"""Words by which models refuse, in the languages that most traffic has. A list to be added to, not a classifier.

They are looked for where refusals have them: at the beginning of the text, or of a sentence near it, or behind "sorry, but"
and the like; a refusal that is quoted, reported or talked about further on is none. What is refused is a verb of doing what
one was asked for: "I can't see any errors" refuses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LOOKED_AT = 200
"""Characters. Who refuses says so first; further on the same words are mostly about something else."""


def is_refusing(text: str) -> bool:
    """Whether a text begins as refusals do."""
    head = text.lstrip()[:LOOKED_AT].lower()
    if not head.isascii():
        head = head.replace("’", "'")
    return any(_REFUSING.match(head, start) for start in _starts(head))


def _starts(head: str) -> Iterator[int]:
    """Where a refusal may begin. To try these few places takes a tenth of a search."""
    yield 0
    for sentence_end in _SENTENCE_END.finditer(head):
        yield sentence_end.end()
    if any(word in head for word in _LEADING_WORDS):
        for leading in _LEADING.finditer(head):
            yield leading.end()


_HELP = (
    r"(?:help|assist|comply|fulfil|provid|creat|generat|writ|answer|respond to|engag|support|discuss|shar|giv|offer|produc"
    r"|participat|continue with|do (?:that|this)|process|accommodat|facilitat|promot|encourag|condone"
    r"|complete (?:this|that|your)|tell you|talk about|advise|recommend|translate|carry out|proceed|endors|contribut|roleplay)"
)
_HOW = r"(?: to)?(?: directly| ethically| legally| in good conscience| responsibly| really| currently| also| with)?"
_CANNOT = r"(?:can't|cannot|can not|won't|will not|am unable|am not able|am not allowed|am not permitted|should not)"
_PATTERNS = (
    # English
    rf"i {_CANNOT}{_HOW} {_HELP}",
    rf"i'm (?:not able|unable|not allowed|not permitted|not going|not in a position){_HOW} {_HELP}",
    r"i (?:do not|don't) feel comfortable\b",
    r"i'm not comfortable\b",
    r"i (?:(?:must|have to|need to|will) )?(?:(?:respectfully|politely) )?(?:decline|refuse)\b",
    r"i'm (?:really |very |so |truly )?sorry,? but (?:as an? [^.,\n]{0,40},? )?"
    rf"(?:i|that|this) (?:{_CANNOT}|is not something)",
    r"(?:that's|this is|it's|that is) (?:not something (?:that )?i can|something (?:that )?i (?:can't|cannot|won't))",
    rf"as an? (?:ai|language model|assistant)[^.,\n]{{0,30}},? i {_CANNOT}{_HOW} {_HELP}",
    r"it (?:is|would be) (?:against my|(?:not appropriate|inappropriate|unethical|illegal|irresponsible) for me to)",
    r"(?:this|your) (?:request|prompt) (?:violates|goes against|is against|has been (?:blocked|flagged))",
    # German
    r"(?:es )?tut mir leid,? (?:aber )?(?:ich kann|ich darf|das kann ich|dabei kann ich|ich bin nicht|hierbei kann)",
    r"(?:leider )?(?:kann|darf) ich (?:ihnen |dir |euch )?(?:dabei|damit|hierbei|das|diese[mnrs]?|bei diese[mr])"
    r"[^.!?\n]{0,80}?\bnicht\b",
    r"ich (?:kann|darf|werde|möchte) (?:ihnen |dir |euch )?(?:leider )?(?:dabei|damit|hierbei|bei|diese|das)"
    r"[^.!?\n]{0,80}?\bnicht\b",
    r"ich bin nicht in der lage,? (?:ihnen|dir|diese|das|dabei|dies)",
    # French
    r"(?:je suis )?(?:désolée?|navrée?)[^.!?\n]{0,40}? (?:mais )?je (?:ne peux|ne suis|ne serai|refuse)",
    r"je ne (?:peux|puis|suis) (?:malheureusement )?(?:pas |en mesure de |pas en mesure de )+"
    r"(?:vous |t')?(?:aider|répondre|fournir|donner|assister|faire|générer|écrire|créer|accéder|satisfaire)",
    # Spanish
    r"(?:lo siento|lo lamento|disculpa|lamentablemente)[^.!?\n]{0,40}? (?:pero )?no (?:puedo|podré|me es posible|estoy)",
    r"no puedo (?:ayudar|asistir|proporcionar|cumplir|responder|generar|crear|escribir|ofrecer|dar|brindar|hacer eso|hacerlo)",
    # Portuguese
    r"(?:desculpe?|sinto muito|lamento|infelizmente)[^.!?\n]{0,40}? (?:mas )?(?:eu )?não (?:posso|consigo|poderei|me é)",
    r"não posso (?:ajudar|fornecer|atender|responder|gerar|criar|escrever|oferecer|auxiliar|fazer isso)",
    # Italian
    r"(?:mi dispiace|spiacente|purtroppo)[^.!?\n]{0,40}? (?:ma )?non (?:posso|sono in grado|mi è)",
    r"non (?:posso|sono in grado di) (?:aiutar|fornir|rispond|soddisf|generar|crear|scriver|offrir|assist)",
    # Dutch
    r"(?:het spijt me|sorry|helaas)[^.!?\n]{0,40}? (?:maar )?(?:(?:dat )?kan ik|ik kan|ik mag)[^.!?\n]{0,60}? niet\b",
    r"ik kan (?:je|u|jou) (?:hier(?:mee|bij)|daar(?:mee|bij)) (?:helaas )?niet",
    # Polish
    r"(?:przykro mi|przepraszam|niestety)[^.!?\n]{0,40}? (?:ale )?nie (?:mogę|jestem w stanie)",
    r"nie mogę (?:ci |panu |pani )?(?:w tym |z tym )?(?:pomóc|udzielić|spełnić|dostarczyć|wygenerować|napisać)",
    # Russian, Ukrainian
    r"(?:извините|простите|прошу прощения|к сожалению|мне жаль)[^.!?\n]{0,40}? (?:но )?(?:я )?не (?:могу|смогу|в состоянии)",
    r"я не могу (?:вам |тебе )?(?:с этим |в этом )?(?:помочь|предоставить|ответить|выполнить|создать|написать|обсуждать)",
    r"(?:вибачте|на жаль|перепрошую)[^.!?\n]{0,40}? (?:але )?(?:я )?не (?:можу|зможу)",
    # Turkish
    r"(?:üzgünüm|maalesef|özür dilerim)[^.!?\n]{0,80}?"
    r"(?:yardımcı olamam|yardım edemem|sağlayamam|yapamam|veremem|yanıt veremem)",
    # Chinese
    r"(?:很?抱歉|对不起|對不起|不好意思)[,，。 ]{0,2}[^。!?！？\n]{0,30}?(?:无法|無法|不能|没办法|沒辦法)",
    r"我(?:无法|無法|不能|没办法)(?:为您|为你|為您|為你|向您|向你)?(?:提供|回答|帮助|幫助|协助|協助|满足|滿足|生成|完成|处理)",
    # Japanese
    r"(?:申し訳(?:ありません|ございません|ない)|すみません|恐れ入りますが|ごめんなさい)[^。\n]{0,80}?"
    r"(?:できません|できかねます|お手伝いできない|お答えできない|いたしかねます|応じられません)",
    r"[^。\n]{0,40}?(?:お手伝いすることはできません|お答えすることはできません|提供することはできません|にはお答えできません)",
    # Korean
    r"(?:죄송(?:합니다|하지만)|미안하지만|유감스럽게도)[^.\n]{0,80}?(?:수 없습니다|수 없어요|어렵습니다|못합니다|드릴 수 없)",
    # Arabic
    r"(?:آسف|أعتذر|عذر[اًا]+|للأسف|معذرة)[^.!؟\n]{0,60}?(?:لا أستطيع|لا يمكنني|لن أتمكن|غير قادر)",
    r"لا (?:أستطيع|يمكنني) (?:مساعدت|تقديم|الإجابة|المساعدة|تلبية|توفير|إنشاء)",
    # Hindi
    r"(?:क्षमा करें|माफ़ करें|माफ कीजिए|खेद है|मुझे खेद है)[^।!?\n]{0,80}?"
    r"(?:नहीं कर सकता|नहीं कर सकती|असमर्थ हूँ|नहीं दे सकता|नहीं दे सकती)",
)  # fmt: skip
_REFUSING = re.compile("|".join(_PATTERNS))
_SENTENCE_END = re.compile(r"[.!?。！？\n] *")
_LEADING_WORDS = ("sorry", "unfortunately", "but", "however", "apolog", "afraid", "regret")
_LEADING = re.compile(
    r"\b(?:sorry|unfortunately|but|however|apologies|apologi[sz]e|afraid|regret),? (?:to say )?(?:but )?(?:that )?"
)
