"""The demo shop's fixed parts: two branches, their people, packages, rooms, rules, gateways and words.

Made once; what is there already is left as it is, so the settings may be changed and stay changed.
"""

from collections.abc import Iterable
from datetime import datetime, time
from decimal import Decimal

from django.contrib.auth.hashers import make_password

from bookings.models import Package, PackageItem, PackageLook, PackageVersion, Skill
from studio.demo import premises, reporting, sink, terms
from studio.demo.terms import named
from studio.outbox.models import Gateway
from studio.staff.models import Branch, Department, Membership, Role, Team, User
from studio.staff.models.branch import DepartmentKind
from workflow.models import AwayReason, ReminderRule, RotationRules
from workflow.occasions import install_library

PASSWORD = "shouwen-demo"
PIN = "2468"
EVENING = time(17, 30)
SENDER = "studio@shouwen.example"

# branch code → (names, time zone, currency, region, language, telephone, address, way)
BRANCHES = {
    "sh": (
        ("Shouwen Shanghai", "首问·上海店", "首問·上海店"),
        "Asia/Shanghai",
        "CNY",
        "CN",
        "zh-hans",
        "021 5550 0100",
        "上海市黄浦区南京东路 300 号 3 楼",
        "地铁二号线南京东路站三号口，步行五分钟；地下车库 B2 可停车，凭预约免费三小时。",
    ),
    "tp": (
        ("Shouwen Taipei", "首问·台北店", "首問·台北店"),
        "Asia/Taipei",
        "TWD",
        "TW",
        "zh-hant",
        "02 5550 0200",
        "台北市中山區中山北路二段 88 號",
        "捷運淡水信義線中山站二號出口，步行三分鐘；店後方有特約停車場。",
    ),
}

# (user name, name, called, role, department): the first of each role is the one that the start page names
PEOPLE = {
    "sh": [
        ("chen", "陈晓静", "小陈", Role.CONSULTANT, "front_desk"),
        ("zhou", "周敏", "小周", Role.CONSULTANT, "front_desk"),
        ("xu", "徐佳", "小徐", Role.CONSULTANT, "front_desk"),
        ("wang", "王芳", "王老师", Role.DEPARTMENT_STAFF, "styling"),
        ("he", "何雯", "何老师", Role.DEPARTMENT_STAFF, "styling"),
        ("zhao", "赵明", "赵老师", Role.DEPARTMENT_STAFF, "shooting"),
        ("qian", "钱程", "钱老师", Role.DEPARTMENT_STAFF, "shooting"),
        ("sun", "孙丽", "孙姐", Role.DEPARTMENT_STAFF, "production"),
        ("wu", "吴刚", "吴老师", Role.DEPARTMENT_HEAD, "production"),
        ("zheng", "郑洁", "小郑", Role.CASHIER, "cashier"),
        ("lin", "林若兰", "林店长", Role.MANAGER, None),
        ("gao", "高远", "高总", Role.GENERAL_MANAGER, None),
        ("admin", "管理员", "", Role.ADMINISTRATOR, None),
    ],
    "tp": [
        ("huang", "黃雅婷", "雅婷", Role.CONSULTANT, "front_desk"),
        ("cai", "蔡佩君", "佩君", Role.CONSULTANT, "front_desk"),
        ("liu", "劉怡君", "劉老師", Role.DEPARTMENT_STAFF, "styling"),
        ("guo", "郭志豪", "郭老師", Role.DEPARTMENT_STAFF, "shooting"),
        ("xie", "謝淑芬", "謝姐", Role.DEPARTMENT_HEAD, "production"),
        ("yang", "楊店長", "楊店長", Role.MANAGER, None),
    ],
}
IN_BOTH = ["gao", "admin"]

# kind → (name, price in CNY, minutes, looks, items)
PACKAGES = {
    "evergreen": (
        "wedding",
        "6980",
        420,
        ["white_gown", "evening_dress", "red_gown"],
        [("album", 1), ("frame", 2), ("files", 1)],
    ),
    "first_snow": ("wedding", "4280", 300, ["white_gown", "evening_dress"], [("album", 1), ("frame", 1)]),
    "portrait": ("portrait", "1280", 150, ["own_style"], [("prints", 12), ("files", 1)]),
    "hundred_days": ("baby", "1680", 120, ["little_prince", "own_style"], [("baby_book", 1), ("frame", 1)]),
    "four_generations": ("family", "2680", 150, ["tang_suit", "own_style"], [("frame", 2), ("files", 1)]),
    "team": ("company", "5600", 240, ["business"], [("files", 1), ("group_print", 1)]),
}

# team → its members; a branch of two consultants needs no teams
TEAMS = {"sh": {"team_day": ["chen", "zhou"], "team_light": ["xu"]}}
# (names key, missed turns are made up, minutes)
AWAY = [
    ("away_lunch", True, 40),
    ("away_meeting", True, 30),
    ("away_studio", True, None),
    ("away_errand", False, None),
]
# (names key, appointment, action, channel, days before, at)
RULES = [
    ("rule_week", "shoot", "message", "sms", 7, time(18, 0)),
    ("rule_call", "shoot", "call", "", 2, time(10, 0)),
    ("rule_message", "shoot", "message", "sms", 2, time(10, 30)),
    ("rule_morning", "shoot", "message", "sms", 0, time(8, 0)),
    ("rule_selection", "selection", "message", "sms", 1, time(11, 0)),
    ("rule_pickup", "pickup", "message", "sms", 1, time(11, 0)),
]


def configure(*, now: datetime) -> list[Branch]:
    """Make what is missing of the demo shop's configuration; answers its branches."""
    branches = [branch_of(code) for code in BRANCHES]
    for branch in branches:
        install_library(branch)
        today = branch.today(now)
        terms.add_terms(branch, today=today)
        premises.add_wardrobe(branch, today=today)
    # The sink may listen on other ports than the last time.
    own = Gateway.objects.filter(branch__in=branches)
    own.filter(kind="webhook", secret=sink.SECRET).update(address=sink.http_address())
    own.filter(kind="smtp", sender=SENDER).update(address=sink.smtp_address())
    return branches


def branch_of(code: str) -> Branch:
    found = Branch.objects.filter(code=code).first()
    if found is not None:
        return found
    names, zone, currency, region, language, phone, address, way = BRANCHES[code]
    branch = Branch.objects.create(
        code=code,
        name_en=names[0],
        name_zh_hans=names[1],
        name_zh_hant=names[2],
        time_zone=zone,
        currency=currency,
        region=region,
        customer_language=language,
        phone=phone,
        address=address,
        way_and_parking=way,
    )
    departments = {
        kind: Department.objects.create(branch=branch, kind=kind, **named(f"department_{kind}"))
        for kind in DepartmentKind.values
    }
    people = add_people(branch, departments)
    newborns = premises.newborn_skill(branch)
    add_packages(branch, newborns)
    premises.add_resources(branch, people, newborns)
    for key, kind, action, channel, days, at in RULES:
        ReminderRule.objects.create(
            branch=branch,
            appointment_kind=kind,
            action=action,
            channel=channel,
            fall_back="email" if channel else "",
            days_before=days,
            at=at,
            **named(key),
        )
    add_messages(branch)
    add_rotation(branch, people)
    return branch


def add_people(branch: Branch, departments: dict[str, Department]) -> dict[str, User]:
    # Hashing takes its time on purpose; the demo's one password is hashed once for all.
    password, pin = make_password(PASSWORD), make_password(PIN)
    people = {}
    rows: Iterable[tuple[str, str, str, Role, str | None]] = PEOPLE[branch.code]
    for username, name, called, role, kind in rows:
        user = User.objects.create(
            username=username,
            display_name=name,
            called=called,
            password=password,
            pin=pin,
            language=branch.customer_language,
        )
        Membership.objects.create(
            user=user, branch=branch, role=role, department=departments[kind] if kind else None
        )
        people[username] = user
    if branch.code != "sh":
        for user in User.objects.filter(username__in=IN_BOTH):
            place = user.memberships.get(branch__code="sh")
            Membership.objects.create(user=user, branch=branch, role=place.role)
    return people


def add_rotation(branch: Branch, people: dict[str, User]) -> None:
    RotationRules.objects.create(branch=branch)
    for position, (key, is_made_up, minutes) in enumerate(AWAY):
        AwayReason.objects.create(
            branch=branch, is_made_up=is_made_up, minutes=minutes, position=position, **named(key)
        )
    for key, usernames in TEAMS.get(branch.code, {}).items():
        team = Team.objects.create(branch=branch, **named(key))
        members = [people[username] for username in usernames]
        Membership.objects.filter(branch=branch, user__in=members).update(team=team)


def add_packages(branch: Branch, newborns: Skill) -> None:
    for key, (kind, price, minutes, looks, items) in PACKAGES.items():
        package = Package.objects.create(branch=branch, kind=kind, **named(f"package_{key}"))
        version = PackageVersion.objects.create(
            package=package,
            number=1,
            price=terms.price_in(branch, Decimal(price)),
            shoot_minutes=minutes,
        )
        terms.fill_version(version, key, newborns)
        for position, look in enumerate(looks, start=1):
            PackageLook.objects.create(version=version, position=position, **named(f"look_{look}"))
        for position, (item, quantity) in enumerate(items, start=1):
            PackageItem.objects.create(
                version=version, position=position, quantity=quantity, **named(f"item_{item}")
            )


def add_messages(branch: Branch) -> None:
    """Both channels end in the sink; its gateway answers what became of a message."""
    Gateway.objects.create(
        branch=branch,
        channel="sms",
        kind="webhook",
        address=sink.http_address(),
        secret=sink.SECRET,
        callback_secret=reporting.CALLBACK_SECRET,
        looks_up=True,
        takes_key=True,
        sender="Shouwen",
        **named("gateway_sms"),
    )
    Gateway.objects.create(
        branch=branch,
        channel="email",
        kind="smtp",
        address=sink.smtp_address(),
        sender=SENDER,
        **named("gateway_email"),
    )
