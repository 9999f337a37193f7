"""One made-up talk, as the files of the programs that transcribe talks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from publisher.files import sha256
from publisher.model import SourceFile, Transcript

MODERATOR = (
    "Good evening, and welcome to our talk about the river. Two winters ago it rose by almost two metres in a "
    "single night. Nobody in the valley had seen that before, and nobody had been warned. Some people still live "
    "in tents behind the old school. How did that happen, and what did you see when you came back?"
)
GUEST = (
    "Thank you for having me. I came back two days later, because the road was closed, and the first thing that I "
    "saw was the bridge. It was gone! Only one of its pillars stood in the water, with a tree around it. Then I "
    "went to the house of Mr. J. Rahim, who had kept a record of the water since 1994. He showed me his notebook. "
    "Every morning at six he had written down one number, in pencil, and behind it a word about the weather. On "
    "the last page there was no number. There was only a word: fog. I have thought about that page a lot since "
    "then. What is a warning, if the person who could have read it is asleep? And who would have carried it up "
    "the valley, where there is no telephone? We counted the houses together, and he knew the names of all of "
    "them. It took us the whole afternoon. In the evening we sat on the wall and did not talk. The next morning "
    "he wrote a number again, because somebody has to. That is the whole story, and I am still not done with it."
)
TALK = (("Ana Example", MODERATOR), ("Ben Sample", GUEST))

URDU = (
    "شام بخیر، اور دریا کے بارے میں ہماری گفتگو میں خوش آمدید۔ دو سال پہلے ایک ہی رات میں پانی تقریباً دو میٹر بڑھ "
    "گیا۔ وادی میں کسی نے پہلے ایسا نہیں دیکھا تھا، اور کسی کو خبر نہیں دی گئی تھی۔ کچھ لوگ اب بھی پرانے اسکول کے "
    "پیچھے خیموں میں رہتے ہیں۔ یہ کیسے ہوا؟ میں دو دن بعد واپس آیا، کیونکہ سڑک بند تھی، اور سب سے پہلے میں نے پل "
    "دیکھا۔ وہ نہیں رہا تھا۔ اس کا صرف ایک ستون پانی میں کھڑا تھا۔ پھر میں ایک بوڑھے آدمی کے گھر گیا جو ہر صبح پانی "
    "کی اونچائی لکھتا تھا۔ اس نے مجھے اپنی کاپی دکھائی۔ آخری صفحے پر کوئی عدد نہیں تھا۔ وہاں صرف ایک لفظ لکھا تھا: "
    "دھند۔ ہم نے مل کر گھر گنے، اور اسے سب کے نام یاد تھے۔ اس میں پوری دوپہر لگ گئی۔"
)
CHINESE = (
    "晚上好，欢迎来听关于这条河的谈话。两年前，河水一夜之间涨了将近两米。山谷里没有人见过这样的事，也没有人得到警告。"
    "有些人现在还住在旧学校后面的帐篷里。这是怎么发生的？两天以后我才回来，因为路断了，我最先看到的是那座桥。它不见了！"
    "只有一根桥墩还立在水里。后来我去了一位老人的家，他每天早上都记录水位。他给我看他的本子。最后一页上没有数字，"
    "只有一个字：雾。我们一起数了房子，他记得所有的名字。整整一个下午就这样过去了。晚上我们坐在墙上，没有说话。"
)


def supplied(folder: Path, name: str, text: str | bytes) -> Transcript:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return Transcript("en", SourceFile(path, sha256(path)))


def stamp(time: float, comma: bool = False) -> str:
    minutes, milliseconds = divmod(round(time * 1000), 60_000)
    text = f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"
    return text.replace(".", ",") if comma else text


def in_groups(text: str, size: int) -> Iterator[str]:
    """`size` words at a time, wherever a sentence ends; characters if there are no spaces."""
    space = " " if " " in text else ""
    words = text.split(" ") if space else list(text)
    for begin in range(0, len(words), size):
        yield space.join(words[begin : begin + size])


def lines_of(
    turns: Sequence[tuple[str, str]], size: int, lasting: float = 2.5
) -> list[tuple[float, float, str, str]]:
    """(start, end, speaker, words) of each caption of `size` words."""
    spoken = [(name, words) for name, text in turns for words in in_groups(text, size)]
    return [(lasting * n, lasting * (n + 1), name, words) for n, (name, words) in enumerate(spoken)]


def youtube(text: str, size: int = 7) -> str:
    """Automatic captions: every line once word by word, once alone for 10 ms, once above the next."""
    blocks, before = ["WEBVTT\nKind: captions\nLanguage: en"], " "
    for start, end, _, words in lines_of((("", text),), size):
        first, *rest = words.split(" ")
        timed = first + "".join(
            f"<{stamp(start + 0.3 * n)}><c> {word}</c>" for n, word in enumerate(rest, start=1)
        )
        blocks.append(f"{stamp(start)} --> {stamp(end - 0.01)} align:start position:0%\n{before}\n{timed}")
        blocks.append(f"{stamp(end - 0.01)} --> {stamp(end)} align:start position:0%\n{words}\n ")
        before = words
    return "\n\n".join(blocks) + "\n"


def youtube_as_srt(text: str, size: int = 7) -> str:
    """The same, as programs convert them."""
    blocks: list[str] = []
    before = ""
    for start, end, _, words in lines_of((("", text),), size):
        blocks += [
            f"{stamp(start, True)} --> {stamp(end - 0.01, True)}\n{before}{words}\n",
            f"{stamp(end - 0.01, True)} --> {stamp(end, True)}\n{words}\n",
        ]
        before = words + "\n"
    return "\n".join(f"{number}\n{block}" for number, block in enumerate(blocks, start=1))


def zoom() -> str:
    """WebVTT with a number and "Name: " at every cue."""
    blocks = (
        f"{n}\n{stamp(start)} --> {stamp(end)}\n{name}: {words}"
        for n, (start, end, name, words) in enumerate(lines_of(TALK, 11), start=1)
    )
    return "WEBVTT\n\n" + "\n\n".join(blocks) + "\n"


def teams() -> str:
    """WebVTT with closed voice spans at every cue."""
    blocks = (
        f"0b3c-{n}/12-0\n{stamp(start)} --> {stamp(end)}\n<v {name}>{words}</v>"
        for n, (start, end, name, words) in enumerate(lines_of(TALK, 13))
    )
    return "WEBVTT\n\n" + "\n\n".join(blocks) + "\n"


def descript() -> str:
    """SubRip with the speaker where it changes, two lines a cue."""
    blocks, before = [], ""
    for n, (start, end, name, words) in enumerate(lines_of(TALK, 9), start=1):
        label = f"{name}: " if name != before else ""
        broken = words.replace(" ", "\n", 5).replace("\n", " ", 4)
        blocks.append(f"{n}\n{stamp(start, True)} --> {stamp(end, True)}\n{label}{broken}\n")
        before = name
    return "\n".join(blocks)


def podcast_namespace() -> str:
    """WebVTT with a voice span where the speaker changes."""
    blocks, before = [], ""
    for start, end, name, words in lines_of(TALK, 10):
        voice = f"<v {name}>" if name != before else ""
        blocks.append(f"{stamp(start)} --> {stamp(end)}\n{voice}{words}")
        before = name
    return "WEBVTT\n\n" + "\n\n".join(blocks) + "\n"


def whisper(text: str, size: int = 12, lasting: float = 2.5) -> str:
    """SubRip without speakers."""
    blocks = (
        f"{n}\n{stamp(start, True)} --> {stamp(end, True)}\n{words}\n"
        for n, (start, end, _, words) in enumerate(lines_of((("", text),), size, lasting), start=1)
    )
    return "\n".join(blocks)


def diarized() -> str:
    """SubRip of Whisper with diarization."""
    blocks = (
        f"{n}\n{stamp(start, True)} --> {stamp(end, True)}\n[{name}]: {words}\n"
        for n, (start, end, name, words) in enumerate(lines_of(TALK, 12), start=1)
    )
    return "\n".join(blocks)
