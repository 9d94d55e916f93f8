"""Rows for tests. Configuration is made here; what people do is done through the domain's own functions."""

import string
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import factory
from factory.django import DjangoModelFactory

from bookings.models import Package, PackageItem, PackageLook, PackageVersion, Resource
from customers.models import ContactPoint, Customer, Member
from studio.staff.models import Branch, Department, Leave, LeaveDay, Membership, Role, User

FIGURES = string.digits + string.ascii_lowercase


class NamedFactory(DjangoModelFactory):
    class Meta:
        abstract = True

    name_en = factory.Sequence(lambda n: f"Name {n}")
    name_zh_hans = factory.Sequence(lambda n: f"名称{n}")
    name_zh_hant = factory.Sequence(lambda n: f"名稱{n}")


class BranchFactory(NamedFactory):
    class Meta:
        model = Branch

    code = factory.Sequence(lambda n: f"b{FIGURES[n // 1296]}{FIGURES[n // 36 % 36]}{FIGURES[n % 36]}")
    way_and_parking = "地铁二号线三号口，楼下可停车。"


class DepartmentFactory(NamedFactory):
    class Meta:
        model = Department

    branch = factory.SubFactory(BranchFactory)
    kind = "front_desk"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"user{n}")
    display_name = factory.Sequence(lambda n: f"同事{n}")
    language = "en"


class LeaveFactory(DjangoModelFactory):
    """Granted leave with one `deputy` for all of its days; `deputy=None` leaves the days out."""

    class Meta:
        model = Leave
        skip_postgeneration_save = True

    state = "granted"

    @factory.post_generation
    def deputy(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        for number in range((self.ends_on - self.starts_on).days + 1 if extracted else 0):
            LeaveDay.objects.create(
                leave=self,
                branch=self.branch,
                user=self.user,
                deputy=extracted,
                day=self.starts_on + timedelta(days=number),
                is_granted=self.state == "granted",
            )


class CustomerFactory(DjangoModelFactory):
    """A couple with an owner and a telephone; `phone=None` leaves the number out."""

    class Meta:
        model = Customer
        skip_postgeneration_save = True

    branch = factory.SubFactory(BranchFactory)
    name = "张伟 & 李娜"
    name_key = "zhang wei & li na"
    owner = factory.SubFactory(UserFactory)
    wedding_day = date(2026, 10, 1)
    created_at = datetime(2026, 1, 1, tzinfo=UTC)

    @factory.post_generation
    def phone(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        value = f"+86138{self.pk:08d}" if extracted is None else extracted
        if create and value:
            ContactPoint.objects.create(branch=self.branch, customer=self, kind="phone", value=value)

    @factory.post_generation
    def people(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create and extracted is not False:
            Member.objects.create(customer=self, name="李娜", salutation="ms", role="bride", position=0)
            Member.objects.create(customer=self, name="张伟", salutation="mr", role="groom", position=1)


def make_person(
    branch: Branch, role: Role, name: str, called: str = "", department: Department | None = None
) -> User:
    user = UserFactory(display_name=name, called=called)
    Membership.objects.create(user=user, branch=branch, role=role, department=department)
    return user


def make_package(branch: Branch, *, price: str = "5999.00", looks: int = 2) -> PackageVersion:
    package = Package.objects.create(
        branch=branch, kind="wedding", name_en="Evergreen", name_zh_hans="长青", name_zh_hant="長青"
    )
    version = PackageVersion.objects.create(
        package=package, number=1, price=Decimal(price), shoot_minutes=360
    )
    names = [
        ("White gown", "白纱", "白紗"),
        ("Evening dress", "晚装", "晚禮服"),
        ("Red gown", "秀禾", "秀禾"),
    ]
    PackageLook.objects.bulk_create(
        PackageLook(version=version, position=position, name_en=en, name_zh_hans=hans, name_zh_hant=hant)
        for position, (en, hans, hant) in enumerate(names[:looks], start=1)
    )
    things = [("Album", "相册", "相本"), ("Frame", "相框", "相框")]
    PackageItem.objects.bulk_create(
        PackageItem(version=version, position=position, name_en=en, name_zh_hans=hans, name_zh_hant=hant)
        for position, (en, hans, hant) in enumerate(things, start=1)
    )
    return version


def make_shop() -> SimpleNamespace:
    """See the fixture `shop`."""
    branch = BranchFactory(code="sh", name_en="Bund", name_zh_hans="外滩店", name_zh_hant="外灘店")
    shop = SimpleNamespace(branch=branch)
    kinds = {
        "front_desk": "front_desk",
        "styling": "styling",
        "shooting": "shooting",
        "selection": "selection",
        "production": "production",
        "cashier_desk": "cashier",
    }
    departments = [
        DepartmentFactory.build(branch=branch, kind=kind, name_en=kind.replace("_", " "))
        for kind in kinds.values()
    ]
    for name, department in zip(kinds, Department.objects.bulk_create(departments), strict=True):
        setattr(shop, name, department)
    people = [
        ("owner", Role.CONSULTANT, "陈晓静", "小陈", shop.front_desk),
        ("colleague", Role.CONSULTANT, "周敏", "小周", shop.front_desk),
        ("artist", Role.DEPARTMENT_STAFF, "王芳", "王老师", shop.styling),
        ("photographer", Role.DEPARTMENT_STAFF, "赵明", "赵老师", shop.shooting),
        ("producer", Role.DEPARTMENT_STAFF, "孙丽", "孙姐", shop.production),
        ("head", Role.DEPARTMENT_HEAD, "吴刚", "吴老师", shop.production),
        ("cashier", Role.CASHIER, "郑洁", "小郑", shop.cashier_desk),
        ("manager", Role.MANAGER, "林店长", "林店长", None),
        ("general_manager", Role.GENERAL_MANAGER, "何总", "何总", None),
        ("administrator", Role.ADMINISTRATOR, "管理员", "", None),
    ]
    shop.other_branch = BranchFactory(
        code="tp",
        name_en="Taipei",
        name_zh_hans="台北店",
        name_zh_hant="台北店",
        time_zone="Asia/Taipei",
        currency="TWD",
        region="TW",
        customer_language="zh-hant",
    )
    places = [(branch, *one) for one in people]
    places.append((shop.other_branch, "neighbour", Role.MANAGER, "黃店長", "", None))
    users = User.objects.bulk_create(
        UserFactory.build(display_name=name, called=called)
        for _where, _as, _role, name, called, _in in places
    )
    Membership.objects.bulk_create(
        Membership(user=user, branch=where, role=role, department=department)
        for user, (where, _as, role, _name, _called, department) in zip(users, places, strict=True)
    )
    for user, (_where, attribute, *_rest) in zip(users, places, strict=True):
        setattr(shop, attribute, user)
    shop.package = make_package(branch)
    shop.photographer_resource = Resource(
        branch=branch,
        kind="photographer",
        user=shop.photographer,
        name_en="Zhao Ming",
        name_zh_hans="赵明",
        name_zh_hant="趙明",
    )
    shop.artist_resource = Resource(
        branch=branch,
        kind="artist",
        user=shop.artist,
        name_en="Wang Fang",
        name_zh_hans="王芳",
        name_zh_hant="王芳",
    )
    shop.floor = Resource(
        branch=branch, kind="floor", name_en="Floor 1", name_zh_hans="一号棚", name_zh_hant="一號棚"
    )
    shop.selection_room = Resource(
        branch=branch,
        kind="selection_room",
        name_en="Selection room",
        name_zh_hans="选片室",
        name_zh_hant="挑片室",
    )
    Resource.objects.bulk_create(
        [shop.photographer_resource, shop.artist_resource, shop.floor, shop.selection_room]
    )
    return shop
