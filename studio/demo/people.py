"""Invented parties: a bride alone, a couple, a family of eight, a company's group, a baby with its parents.

The same day always brings the same people: the seed is the branch and the date.
"""

import random
from dataclasses import dataclass
from datetime import date

from faker import Faker

from customers.files import MemberDraft
from customers.models import CustomerKind, MemberRole, Salutation
from studio.demo.words import COMPANIES

SEED = 20260516
PET_NAMES = {
    "zh-hans": ["果果", "糯糯", "安安", "团子", "星星"],
    "zh-hant": ["果果", "安安", "小滿", "樂樂", "星星"],
}
LOCALES = {"zh-hans": "zh_CN", "zh-hant": "zh_TW"}
MR, MS = Salutation.MR, Salutation.MS


@dataclass
class Party:
    """Who comes in, and what for (`package` is a key of configuration.PACKAGES)."""

    kind: str
    package: str
    members: list[MemberDraft]
    phone: str
    name: str = ""
    special_care: str = ""
    email: str = ""
    second_phone: str = ""

    @property
    def is_wedding(self) -> bool:
        return self.kind == CustomerKind.COUPLE


def dice(branch_code: str, day: date, what: str = "") -> random.Random:
    """Chance that falls the same way each time it is asked for the same day."""
    return random.Random(f"{SEED}:{branch_code}:{day.isoformat()}:{what}")


class Names:
    """Names and numbers of invented people; numbers of a block that no operator gives out."""

    def __init__(self, language: str, chance: random.Random) -> None:
        self.language = language
        self.chance = chance
        self.faker = Faker(LOCALES[language])
        self.faker.seed_instance(chance.random())

    def woman(self) -> str:
        return str(self.faker.last_name()) + str(self.faker.first_name_female())

    def man(self) -> str:
        return str(self.faker.last_name()) + str(self.faker.first_name_male())

    def child(self) -> str:
        return self.chance.choice(PET_NAMES[self.language])

    def phone(self) -> str:
        if self.language == "zh-hant":
            return f"0900{self.chance.randrange(10**6):06d}"
        return f"1380{self.chance.randrange(10**7):07d}"


def party(kind: str, *, language: str, chance: random.Random) -> Party:
    """A party of one of KINDS."""
    names = Names(language, chance)
    make = {
        "couple": couple,
        "bride_alone": bride_alone,
        "portrait": portrait,
        "baby": baby,
        "family": family,
        "company": company,
    }[kind]
    return make(names)


KINDS = ["couple", "couple", "couple", "couple", "bride_alone", "portrait", "baby", "family", "company"]


def couple(names: Names) -> Party:
    bride, groom = names.woman(), names.man()
    members = [
        MemberDraft(name=bride, salutation=MS, role=MemberRole.BRIDE),
        MemberDraft(name=groom, salutation=MR, role=MemberRole.GROOM),
    ]
    package = names.chance.choice(["evergreen", "first_snow"])
    made = Party(CustomerKind.COUPLE, package, members, names.phone())
    if names.chance.random() < 0.5:
        made.second_phone = names.phone()
    if names.chance.random() < 0.4:
        made.email = f"couple{names.chance.randrange(10**6)}@example.com"
    return made


def bride_alone(names: Names) -> Party:
    members = [MemberDraft(name=names.woman(), salutation=MS, role=MemberRole.BRIDE)]
    return Party(CustomerKind.COUPLE, "first_snow", members, names.phone())


def portrait(names: Names) -> Party:
    members = [MemberDraft(name=names.woman(), salutation=MS, role=MemberRole.CONTACT)]
    return Party(CustomerKind.PERSON, "portrait", members, names.phone())


def baby(names: Names) -> Party:
    members = [
        MemberDraft(name=names.child(), salutation=Salutation.CHILD, role=MemberRole.CHILD),
        MemberDraft(name=names.woman(), salutation=MS, role=MemberRole.MOTHER),
        MemberDraft(name=names.man(), salutation=MR, role=MemberRole.FATHER),
    ]
    care = {"zh-hans": "宝宝三个月，中午要睡。", "zh-hant": "寶寶三個月，中午要睡。"}[names.language]
    return Party(CustomerKind.FAMILY, "hundred_days", members, names.phone(), special_care=care)


def family(names: Names) -> Party:
    """Eight people of four generations."""
    drafts = [
        (names.woman(), MS, MemberRole.GRANDPARENT),
        (names.man(), MR, MemberRole.GRANDPARENT),
        (names.woman(), MS, MemberRole.MOTHER),
        (names.man(), MR, MemberRole.FATHER),
        (names.woman(), MS, MemberRole.RELATIVE),
        (names.man(), MR, MemberRole.RELATIVE),
        (names.child(), Salutation.CHILD, MemberRole.CHILD),
        (names.child(), Salutation.CHILD, MemberRole.CHILD),
    ]
    members = [MemberDraft(name=name, salutation=salutation, role=role) for name, salutation, role in drafts]
    care = {"zh-hans": "外婆八十二岁，走路要人扶。", "zh-hant": "外婆八十二歲，走路要人攙扶。"}[
        names.language
    ]
    return Party(CustomerKind.FAMILY, "four_generations", members, names.phone(), special_care=care)


def company(names: Names) -> Party:
    members = [MemberDraft(name=names.woman(), salutation=MS, role=MemberRole.CONTACT)]
    members += [MemberDraft(name=names.man(), salutation=MR, role=MemberRole.GUEST) for _ in range(4)]
    name = names.chance.choice(COMPANIES[names.language])
    email = f"team{names.chance.randrange(10**5)}@example.com"
    return Party(CustomerKind.COMPANY, "team", members, names.phone(), name=name, email=email)
