"""The pages of customers: who may see what, what a form refuses, and that nothing typed is lost."""

import uuid

import pytest
from django.utils import timezone

from customers import files
from customers.files import MemberDraft
from customers.models import Customer, CustomerEvent, Observation
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(shop, now):
    return files.open_file(
        branch=shop.branch,
        by=shop.owner,
        now=now,
        owner=shop.owner,
        kind="couple",
        members=[MemberDraft("李娜", "ms", "bride"), MemberDraft("张伟", "mr", "groom")],
        phones=["13800138000"],
    )


def typed(*people: tuple[str, str], phones=("",), **more):
    """What the browser sends for the form of a file."""
    data = {
        "submission": str(uuid.uuid4()),
        "kind": "couple",
        "name": "",
        "email": "",
        "language": "zh-hans",
        "heard_from": "",
        "wedding_day": "",
        "special_care": "",
        "people-TOTAL_FORMS": str(len(people)),
        "people-INITIAL_FORMS": "0",
        "phones-TOTAL_FORMS": str(len(phones)),
        "phones-INITIAL_FORMS": "0",
    }
    for number, (name, salutation) in enumerate(people):
        data |= {
            f"people-{number}-name": name,
            f"people-{number}-salutation": salutation,
            f"people-{number}-role": "guest",
            f"people-{number}-birthday": "",
            f"people-{number}-pk": "",
        }
    for number, phone in enumerate(phones):
        data[f"phones-{number}-value"] = phone
    return data | more


COUPLE = (("李娜", "ms"), ("张伟", "mr"))


# --- New ------------------------------------------------------------------------------------
def test_r1_1_who_opens_a_file_owns_it(shop, sign_in):
    response = sign_in(shop.owner).post("/customers/new/", typed(*COUPLE, phones=["138 0013 8000"]))
    customer = Customer.objects.get()
    assert response["Location"] == customer.get_absolute_url()
    assert customer.owner == shop.owner
    assert customer.name == "李娜 & 张伟"


def test_pressed_twice_it_is_one_file(shop, sign_in):
    client, data = sign_in(shop.owner), typed(*COUPLE)
    first, second = client.post("/customers/new/", data), client.post("/customers/new/", data)
    assert first["Location"] == second["Location"]
    assert Customer.objects.count() == 1


def test_a_taken_number_names_the_file_it_belongs_to_and_keeps_what_was_typed(shop, sign_in, customer):
    response = sign_in(shop.colleague).post(
        "/customers/new/", typed(("王芳", "ms"), phones=["0086-138 0013 8000"], special_care="Nuts")
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert f'This belongs to <a href="{customer.get_absolute_url()}">李娜 &amp; 张伟</a>' in page
    assert 'value="0086-138 0013 8000"' in page
    assert 'value="王芳"' in page
    assert 'value="Nuts"' in page
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("phones-0-value", "12345", "too short"),
        ("phones-0-value", "1" * 1_000_000, "too long"),
        ("email", "li@", "looks like name@example.com"),
        ("email", "li@example.com\nBcc: x@example.com", "One address"),
        ("wedding_day", "0001-01-01", "lies outside"),
        ("wedding_day", "9999-12-31", "lies outside"),
        ("wedding_day", "tomorrow", "Type a day as"),
        ("people-0-birthday", "2199-01-01", "lies outside"),
        ("people-0-name", "长" * 41, "at most 40"),
        ("special_care", "x" * 201, "at most 200"),
        ("kind", "spaceship", "spaceship is not one of"),
        ("people-0-role", "owner", "owner is not one of"),
        ("people-TOTAL_FORMS", "9999", "at most 12"),
        ("people-TOTAL_FORMS", "x", "management"),
    ],
)
def test_bad_input_gets_a_sentence_and_loses_nothing(shop, sign_in, field, value, sentence):
    data = typed(*COUPLE, phones=["13800138000"]) | {field: value}
    response = sign_in(shop.owner).post("/customers/new/", data)
    assert response.status_code == 422
    page = response.content.decode()
    assert sentence in page.replace("ManagementForm", "management")
    if field not in {"people-TOTAL_FORMS"}:
        assert 'value="张伟"' in page
    assert not Customer.objects.exists()


def test_nobody_by_name_is_no_file(shop, sign_in):
    response = sign_in(shop.owner).post("/customers/new/", typed(("", "ms"), ("\u200b\x00", "mr")))
    assert response.status_code == 422
    assert "Write down at least one name." in response.content.decode()


def test_marks_and_controls_are_taken_out_of_names(shop, sign_in):
    sign_in(shop.owner).post("/customers/new/", typed(("李\x00\u202e娜", "ms"), special_care="a\u202eb"))
    customer = Customer.objects.get()
    assert (customer.name, customer.special_care) == ("李娜", "ab")


def test_a_script_in_a_name_is_only_text(shop, sign_in):
    client = sign_in(shop.owner)
    client.post("/customers/new/", typed(("<script>alert(1)</script>", "ms"), phones=["13800138000"]))
    for address in (Customer.objects.get().get_absolute_url(), "/customers/", "/search/?q=8000"):
        page = client.get(address, follow=True).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize("field", ["owner", "version", "branch", "is_active", "do_not_contact", "name_key"])
def test_fields_that_the_form_does_not_show_change_nothing(shop, sign_in, field):
    data = typed(*COUPLE) | {field: str(shop.colleague.pk)}
    sign_in(shop.owner).post("/customers/new/", data)
    customer = Customer.objects.get()
    assert (customer.owner, customer.version, customer.branch) == (shop.owner, 1, shop.branch)
    assert customer.is_active
    assert not customer.do_not_contact


def test_more_rows_come_without_javascript_and_keep_what_was_typed(shop, sign_in):
    response = sign_in(shop.owner).post("/customers/new/", typed(*COUPLE) | {"more": "people"})
    page = response.content.decode()
    assert response.status_code == 200
    assert 'value="李娜"' in page
    assert page.count('name="people-') > 0
    assert 'name="people-4-name"' in page
    assert not Customer.objects.exists()


def test_a_family_of_eight(shop, sign_in):
    family = [(f"成员{number}", "none") for number in range(8)]
    sign_in(shop.owner).post("/customers/new/", typed(*family, kind="family"))
    assert Customer.objects.get().members.count() == 8


@pytest.mark.parametrize(("query", "field"), [("王小明", "people-0-name"), ("13900139000", "phones-0-value")])
def test_what_was_searched_in_vain_stands_in_the_new_form(shop, sign_in, query, field):
    client = sign_in(shop.owner)
    page = client.get("/search/", {"q": query}).content.decode()
    assert "Create a file with" in page
    form = client.get("/customers/new/", {"q": query}).content.decode()
    place = form.index(f'name="{field}"')
    assert f'value="{query}"' in form[place : place + 200]


# --- Change ---------------------------------------------------------------------------------
def edit_data(customer, **more):
    bride, groom = customer.members.all()
    data = typed(("李娜", "ms"), ("张伟", "mr"), phones=["13800138000", ""])
    data |= {"people-INITIAL_FORMS": "2", "phones-INITIAL_FORMS": "2", "version": str(customer.version)}
    data |= {"people-0-pk": str(bride.pk), "people-1-pk": str(groom.pk), "name": customer.name}
    return data | more


def test_the_file_is_changed_and_its_people_stay_the_same_people(shop, sign_in, customer):
    ids = list(customer.members.values_list("pk", flat=True))
    response = sign_in(shop.colleague).post(
        f"/customers/{customer.pk}/edit/",
        edit_data(customer, **{"people-0-name": "李娜娜", "phones-1-value": "139 0013 9000"}),
    )
    assert response.status_code == 302
    customer.refresh_from_db()
    assert list(customer.members.values_list("pk", "name")) == [(ids[0], "李娜娜"), (ids[1], "张伟")]
    values = list(customer.contact_points.values_list("value", flat=True))
    assert values == ["+8613800138000", "+8613900139000"]
    assert customer.owner == shop.owner


def test_the_form_shows_what_there_is(shop, sign_in, customer):
    page = sign_in(shop.owner).get(f"/customers/{customer.pk}/edit/").content.decode()
    for piece in ('value="李娜"', 'value="138 0013 8000"', 'name="version" value="1"'):
        assert piece in page


def test_a_stale_edit_is_answered_409_with_who_changed_what(shop, sign_in, customer):
    data = edit_data(customer, special_care="mine")
    files.edit_file(customer, version=1, by=shop.colleague, now=timezone.now(), special_care="theirs")
    response = sign_in(shop.owner).post(f"/customers/{customer.pk}/edit/", data)
    page = response.content.decode()
    assert response.status_code == 409
    assert "周敏" in page
    assert "special care" in page
    assert "mine" in page
    customer.refresh_from_db()
    assert customer.special_care == "theirs"


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 40, "²"])
def test_a_form_without_a_usable_version_overwrites_nothing(shop, sign_in, customer, version):
    response = sign_in(shop.owner).post(
        f"/customers/{customer.pk}/edit/", edit_data(customer, version=version, special_care="mine")
    )
    assert response.status_code == 409


# --- The file's page ------------------------------------------------------------------------
def test_r9_4_taboos_come_first(shop, sign_in, customer, now):
    files.add_taboo(customer, "Never mention her father", by=shop.owner, now=now)
    page = sign_in(shop.artist).get(customer.get_absolute_url()).content.decode()
    assert page.index("Never mention her father") < page.index("138")


def test_numbers_are_masked_for_roles_that_do_not_call_and_looking_is_on_the_record(shop, sign_in, customer):
    client = sign_in(shop.artist)
    page = client.get(customer.get_absolute_url()).content.decode()
    assert "138 **** 8000" in page
    assert "13800138000" not in page
    assert "138 0013 8000" not in page
    shown = client.post(f"/customers/{customer.pk}/numbers/")
    assert "138 0013 8000" in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    event = CustomerEvent.objects.get(kind="numbers_revealed")
    assert (event.customer, event.actor) == (customer, shop.artist)
    assert "138 0013 8000" not in client.get(customer.get_absolute_url()).content.decode()


def test_the_front_sees_the_number_and_calls(shop, sign_in, customer):
    page = sign_in(shop.colleague).get(customer.get_absolute_url()).content.decode()
    assert 'href="tel:+8613800138000"' in page


def test_r8_2_the_page_says_who_acts_for_an_absent_owner(shop, sign_in, customer):
    day = shop.branch.today(timezone.now())
    factories.LeaveFactory(
        branch=shop.branch, user=shop.owner, deputy=shop.colleague, starts_on=day, ends_on=day
    )
    page = sign_in(shop.artist).get(customer.get_absolute_url()).content.decode()
    assert "Has something to see to today; 周敏 serves in their place." in page


@pytest.mark.parametrize("who", ["owner", "artist", "cashier", "manager"])
def test_r9_5_whoever_serves_adds_an_observation_in_seconds(shop, sign_in, customer, who):
    client = sign_in(getattr(shop, who))
    data = {"text": "Loves <b>peonies</b>", "submission": str(uuid.uuid4())}
    client.post(f"/customers/{customer.pk}/observations/", data)
    client.post(f"/customers/{customer.pk}/observations/", data)
    observation = Observation.objects.get()
    assert (observation.text, observation.by) == ("Loves <b>peonies</b>", getattr(shop, who))
    assert "Loves &lt;b&gt;peonies" in client.get(customer.get_absolute_url()).content.decode()


@pytest.mark.parametrize("text", ["", " \u200b ", "x" * 301, "x" * 1_000_000])
def test_an_observation_that_cannot_be_kept_is_explained_and_not_lost(shop, sign_in, customer, text):
    response = sign_in(shop.artist).post(f"/customers/{customer.pk}/observations/", {"text": text})
    assert response.status_code == 422
    page = response.content.decode()
    assert "Write down what you noticed." in page or "at most 300" in page
    if len(text) > 300:
        assert text in page


def test_r1_4_only_managers_move_a_customer(shop, sign_in, customer):
    data = {"to": shop.colleague.pk, "reason": "asked"}
    assert sign_in(shop.owner).post(f"/customers/{customer.pk}/owner/", data).status_code == 403
    sign_in(shop.manager).post(f"/customers/{customer.pk}/owner/", data)
    customer.refresh_from_db()
    assert customer.owner == shop.colleague


@pytest.mark.parametrize("data", [{}, {"to": "x"}, {"to": "1", "reason": "received"}, {"reason": "asked"}])
def test_a_crafted_transfer_is_refused_at_its_field(shop, sign_in, customer, data):
    assert sign_in(shop.manager).post(f"/customers/{customer.pk}/owner/", data).status_code == 422
    data = {"to": str(shop.neighbour.pk), "reason": "asked"}
    assert sign_in(shop.manager).post(f"/customers/{customer.pk}/owner/", data).status_code == 422
    customer.refresh_from_db()
    assert customer.owner == shop.owner


def test_r2_2_dont_contact_and_back_only_by_a_manager(shop, sign_in, customer):
    address = f"/customers/{customer.pk}/contact-refusal/"
    sign_in(shop.owner).post(address)
    customer.refresh_from_db()
    assert customer.do_not_contact
    page = sign_in(shop.owner).post(address, {"allow": "1"}, follow=True).content.decode()
    assert "Only a manager can take this back." in page
    assert "tel:" not in page
    sign_in(shop.manager).post(address, {"allow": "1"})
    customer.refresh_from_db()
    assert not customer.do_not_contact


@pytest.mark.parametrize(
    ("method", "tail"),
    [
        ("get", ""),
        ("get", "edit/"),
        ("post", "edit/"),
        ("post", "observations/"),
        ("post", "taboos/"),
        ("post", "contact-refusal/"),
        ("post", "owner/"),
        ("post", "numbers/"),
    ],
)
def test_the_neighbour_branch_finds_nothing(shop, sign_in, customer, method, tail):
    response = getattr(sign_in(shop.neighbour), method)(f"/customers/{customer.pk}/{tail}")
    assert response.status_code == 404


def test_an_id_beyond_all_numbers_is_not_there(shop, sign_in):
    assert sign_in(shop.owner).get(f"/customers/{10**30}/").status_code == 404


# --- Lists ----------------------------------------------------------------------------------
def test_the_list_filters_by_address(shop, sign_in, customer, now):
    factories.CustomerFactory(branch=shop.branch, owner=shop.colleague, name="王家", name_key="wang jia")
    factories.CustomerFactory(branch=shop.other_branch, owner=shop.neighbour, name="隔壁")
    client = sign_in(shop.owner)
    everybody = client.get("/customers/").content.decode()
    assert "李娜" in everybody
    assert "王家" in everybody
    assert "隔壁" not in everybody
    assert "王家" not in client.get("/customers/?whose=mine").content.decode()
    assert "李娜" in client.get("/customers/?q=lina").content.decode()


@pytest.mark.parametrize("number", ["0", "-3", "x", "9" * 40, "2"])
def test_any_page_number_is_answered(shop, sign_in, customer, number):
    assert sign_in(shop.owner).get("/customers/", {"page": number}).status_code == 200


@pytest.mark.parametrize("q", ["%", "'", "\x00", "\u202e", "x" * 5000, "1' OR 1=1", "\\"])
def test_the_search_box_takes_anything(shop, sign_in, customer, q):
    client = sign_in(shop.owner)
    assert client.get("/customers/", {"q": q}).status_code == 200
    assert client.get("/search/", {"q": q}).status_code == 200


def test_queries_do_not_grow_with_the_list(shop, sign_in, django_assert_max_num_queries):
    client = sign_in(shop.owner)
    for _ in range(3):
        factories.CustomerFactory(branch=shop.branch, owner=shop.owner)
    client.get("/customers/")
    with django_assert_max_num_queries(30) as few:
        client.get("/customers/")
    for _ in range(27):
        factories.CustomerFactory(branch=shop.branch, owner=shop.owner)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get("/customers/")


def test_queries_do_not_grow_with_the_file(shop, sign_in, customer, django_assert_max_num_queries):
    client = sign_in(shop.owner)

    def fill(count):
        for number in range(count):
            now = timezone.now()
            files.observe(customer, f"seen {number}", by=shop.artist, now=now)
            files.add_taboo(customer, f"mind {number}", by=shop.artist, now=now)

    fill(3)
    client.get(customer.get_absolute_url())
    with django_assert_max_num_queries(60) as few:
        client.get(customer.get_absolute_url())
    fill(27)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(customer.get_absolute_url())
