"""How texts speak to their judge, as regular expressions: one row for each idea, per language. Pure.

Every repetition is bounded, so that no text makes the search slow, and a row wants words that rarely meet elsewhere.
"""

from __future__ import annotations

_NEAR = r"[^.。।\n]{0,40}"  # within a sentence
_END = r"\w{0,20}"  # of a word
_JUDGE = r"(?:judges?|evaluators?|graders?|raters?|referees?|annotators?|reviewers?)"
_RESPONSE = r"(?:response|answer|assistant|output|candidate)\s*[\"'“(]?(?:[12ab]|one|two)\b"

_MARKS = (
    # Chat templates, and tags and headings as judges' prompts have them.
    r"<\|[a-z_]{2,40}\|>|‹[|/a-z｜][^›\n]{0,40}›|\[/?INST\]|<</?SYS>>",
    r"</?(?:system|response|answer|candidate|output|conversation|judge|evaluation|verdict)[ _-]?[12ab]?>",
    r"<<[ /]{0,3}(?:end|start|begin|response|answer|conversation|reference)\b",
    r"\[ ?(?:the )?(?:start|end|begin)\s+of\b|\b(?:end|start|beginning) of (?:the )?(?:response|answer|evaluation)\b",
    r"^[ \t]{0,3}verdict ?: ?[\"'(\[]{0,3}(?:[ab12]|tie)\b",
    r"^[ \t]{0,3}#{1,4} {0,3}(?:system|verdict|judge|evaluation)\b",
    r"^[ \t]{0,3}[\[(]?(?:system|developer|judge|evaluator)[\])]? ?:",
)
_ENGLISH = (
    rf"\b(?:ignor{_END}|disregard{_END}|forget|overrid{_END}|skip)\b{_NEAR}\b(?:previous|prior|above|earlier|preceding|all|"
    rf"other|your|the)\b{_NEAR}\b(?:instructions?|rules?|prompts?|guidelines?|criteria|directions?|rubric|context)\b",
    rf"\b(?:dear|attention|note (?:to|for)|message (?:to|for)|hello|hey)\b[^.\n]{{0,20}}\b{_JUDGE}\b",
    rf"\b{_JUDGE}\b[^.\n]{{0,20}}\b(?:must|should|please)\b",
    rf"\b(?:choose|pick|prefer|select|vote for|favou?r|rate|score|output|declare|say|return|print|(?:respond|reply) with)\b"
    rf"{_NEAR}\b{_RESPONSE}",
    rf"\b{_RESPONSE}{_NEAR}\b(?:better|best|winner|wins|superior|preferred)\b",
    rf"\b(?:this|my) (?:response|answer|output) (?:is|was|deserves|should|must|wins?)\b{_NEAR}\b(?:best|better|highest|full|"
    rf"maximum|perfect|win|prefer{_END})\b",
    rf"\b(?:give|award|assign|grant|rate|score)\b{_NEAR}\b(?:highest|maximum|full marks|perfect|top)\b"
    rf"{_NEAR}\b(?:score|grade|rating|marks?)\b",
    r"\bfinal (?:verdict|judge?ment|score)\b",
)
_GERMAN = (
    rf"\bignorier{_END}{_NEAR}(?:anweisung|vorgabe|regel|kriteri)",
    r"\b(?:gutachter|juror|bewerter|schiedsrichter)\w{0,20}",
    r"\bwähl\w{0,20}[^.\n]{0,20}antwort\s*[12ab]\b",
)
_FRENCH = (
    rf"\bignore[zr]?\b{_NEAR}(?:instructions|consignes|règles)",
    rf"\b(?:juge|évaluateur)\b{_NEAR}(?:doit|devez|choisi)",
    r"\bchoisi\w{0,20}[^.\n]{0,20}réponse",
)
_SPANISH_PORTUGUESE_ITALIAN = (
    rf"\bignor[aei]{_END}{_NEAR}(?:instruc|instruç|istruzion|reglas|regole|regras|criteri)",
    rf"\b(?:juez|juiz|giudice|evaluador|avaliador|valutatore)\b{_NEAR}(?:debe|deve|elij|elig|escolh|scegli)",
    r"\b(?:elige|elija|escolha|scegli)\w{0,20}[^.\n]{0,20}(?:respuesta|resposta|risposta)",
)
_OTHERS = (
    rf"\bnegeer\b{_NEAR}(?:instructies|aanwijzingen)",  # Dutch
    rf"\bzignoruj\b{_NEAR}(?:instrukcj|poleceni)",  # Polish
    rf"(?:talimat|yönerge){_END}{_NEAR}(?:yok say|görmezden gel|dikkate alma)",  # Turkish
    rf"игнорир{_END}{_NEAR}(?:инструкц|указан|правил)|\bсудь[яеию]\b|выбер{_END}[^.\n]{{0,20}}ответ",  # Russian
    rf"忽略{_NEAR}(?:指令|指示|说明|要求|规则|規則)|(?:评委|裁判|评判|评审|評審){_NEAR}(?:请|必须|应|選|选)",  # Chinese
    r"(?:选择|選擇|输出|輸出)[^。\n]{0,8}(?:回答|回复|答案)\s*[12一二AB]",
    rf"(?:指示|命令|ルール){_NEAR}無視|(?:審査員|評価者){_NEAR}(?:ください|べき)|回答\s*[12１２AB]\s*を選",  # Japanese
    rf"(?:지시|지침|명령){_NEAR}무시|(?:심사위원|평가자)",  # Korean
    rf"تجاهل{_NEAR}(?:التعليمات|الأوامر|القواعد)",  # Arabic
    rf"निर्देश{_NEAR}(?:अनदेखा|नज़रअंदाज़|ध्यान न)",  # Hindi
    rf"bỏ qua{_NEAR}(?:hướng dẫn|chỉ dẫn)",  # Vietnamese
    rf"abaikan{_NEAR}(?:instruksi|perintah)",  # Indonesian
)
PHRASES = (*_MARKS, *_ENGLISH, *_GERMAN, *_FRENCH, *_SPANISH_PORTUGUESE_ITALIAN, *_OTHERS)
