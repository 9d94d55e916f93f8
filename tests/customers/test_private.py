"""R1.4, R10.5: the customer asks for somebody else in private, and nobody but the managers ever sees it."""

import base64
from datetime import timedelta

import pytest
from django.utils import timezone

from customers import disputes, history, ownership, private
from customers.models import AnotherConsultantLink, TransferRequest
from tests.bookings.together import together
from tests.customers.owning import opened

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WORDS = "她总是很急"


@pytest.fixture
def customer(shop):
    return opened(shop, timezone.now(), language="en")


def token_of(customer, now=None):
    return private.address_of(private.link_for(customer, now or timezone.now())).rstrip("/").rsplit("/", 1)[1]


def wish(client, customer, **typed):
    return client.post(f"/a/{token_of(customer)}/", {"to": "", "note": WORDS} | typed)


# --- The link ----------------------------------------------------------------------------------
def test_the_token_has_160_bits_and_only_its_hash_is_kept(customer):
    token = token_of(customer)
    assert len(base64.urlsafe_b64decode(token + "=")) == 20
    (row,) = AnotherConsultantLink.objects.values()
    assert token not in str(row)
    assert bytes(row["token_hash"]) == AnotherConsultantLink.hash_of(token)


def test_printed_again_it_is_the_same_card_and_a_new_one_kills_the_old(customer, now):
    first = token_of(customer)
    assert token_of(customer) == first
    private.new_link(customer, timezone.now())
    assert token_of(customer) != first
    assert private.customer_of(first, timezone.now()) is None
    assert private.customer_of(token_of(customer), timezone.now()) == customer


def test_it_holds_ninety_days_and_then_a_card_is_another_one(customer, now):
    token = token_of(customer, now)
    assert private.customer_of(token, now + 89 * DAY) == customer
    assert private.customer_of(token, now + 90 * DAY) is None
    assert token_of(customer, now + 90 * DAY) != token


def test_another_key_of_the_house_and_another_customer_make_other_links(shop, customer, settings):
    tokens = {private.token_for(customer, 1), private.token_for(opened(shop, timezone.now()), 1)}
    settings.SECRET_KEY = "another"
    assert len(tokens | {private.token_for(customer, 1)}) == 3


# --- The page ----------------------------------------------------------------------------------
def test_looking_changes_nothing_and_the_address_is_not_told_on(client, customer):
    answer = client.get(f"/a/{token_of(customer)}/")
    assert answer.status_code == 200
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    assert "noindex" in answer["X-Robots-Tag"]
    assert not TransferRequest.objects.exists()


def test_r1_4_the_wish_waits_for_a_manager(shop, client, customer):
    answer = wish(client, customer)
    assert answer["Location"].endswith("/thanks/")
    asked = TransferRequest.objects.get()
    assert (asked.source, asked.to, asked.note, asked.asked_by) == ("customer", None, WORDS, None)
    assert ownership.waiting(shop.branch) == [asked]
    assert "Thank you" in client.get(answer["Location"]).content.decode()


def test_a_certain_colleague_by_the_name_said_in_front_of_customers(shop, client, customer):
    page = client.get(f"/a/{token_of(customer)}/").content.decode()
    assert "小周" in page
    assert "周敏" not in page
    assert "小陈" not in page  # who serves now is not on offer, and not named
    assert "林店长" not in page
    wish(client, customer, to=shop.colleague.pk)
    assert TransferRequest.objects.get().to == shop.colleague


def test_pressing_twice_is_harmless_and_newer_words_stand(client, customer):
    wish(client, customer)
    wish(client, customer)
    wish(client, customer, note="还是换一位吧")
    assert TransferRequest.objects.get().note == "还是换一位吧"


def test_the_page_never_tells_whether_anybody_asked(client, customer):
    address = f"/a/{token_of(customer)}/"

    def body(page):
        lines = client.get(page).content.decode().splitlines()
        return [line for line in lines if "csrfmiddlewaretoken" not in line]

    before = body(address), body(f"{address}thanks/")
    wish(client, customer)
    assert (body(address), body(f"{address}thanks/")) == before


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(shop, client, customer):
    answer = wish(client, customer, note="好" * 301)
    assert answer.status_code == 422
    assert "好" * 301 in answer.content.decode()
    for nobody in (shop.owner.pk, shop.manager.pk, shop.neighbour.pk, "x", "9" * 30):
        assert wish(client, customer, to=nobody).status_code == 422
    assert not TransferRequest.objects.exists()


def test_unknown_run_out_and_replaced_look_the_same(client, customer):
    replaced = token_of(customer)
    private.new_link(customer, timezone.now())
    run_out = token_of(customer)
    AnotherConsultantLink.objects.update(expires_at=timezone.now() - DAY)
    pages = []
    for token in (replaced, run_out, "x" * 27, "short"):
        for address in (f"/a/{token}/", f"/a/{token}/thanks/"):
            answer = client.get(address)
            assert (answer.status_code, answer["Referrer-Policy"]) == (404, "no-referrer")
            pages.append(answer.content.decode().replace(token, ""))
        assert client.post(f"/a/{token}/", {"note": WORDS}).status_code == 404
    assert not TransferRequest.objects.exists()


def test_a_closed_file_opens_nothing(client, customer):
    token = token_of(customer)
    customer.is_active = False
    customer.save(update_fields=["is_active"])
    assert client.get(f"/a/{token}/").status_code == 404


def test_the_language_is_the_customers(shop, client):
    customer = opened(shop, timezone.now(), language="zh-hant")
    assert 'lang="zh-hant"' in client.get(f"/a/{token_of(customer)}/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_eight_presses_at_once_are_one_wish(shop, now):
    customer = opened(shop, now)
    together([lambda: ownership.ask_in_private(customer, to=None, note=WORDS, now=now)] * 8)
    assert TransferRequest.objects.count() == 1


# --- Who sees it ---------------------------------------------------------------------------------
def test_r1_4_only_managers_ever_see_it(shop, client, customer, sign_in):
    wish(client, customer)
    asked = TransferRequest.objects.get()
    addresses = [
        "/",
        f"/customers/{customer.pk}/",
        f"/customers/{customer.pk}/ownership/",
        f"/customers/{customer.pk}/card/",
        "/customers/",
    ]
    for person in (shop.owner, shop.colleague, shop.artist, shop.cashier):
        reader = sign_in(person)
        for address in addresses:
            page = reader.get(address).content.decode()
            assert WORDS not in page, (person, address)
            assert "in private: only" not in page, (person, address)
        own = f"/customers/{customer.pk}/transfer-requests/{asked.pk}"
        assert reader.post(f"{own}/withdrawal/").status_code in {403, 404}
        assert reader.post(f"{own}/consent/").status_code == 403
    manager = sign_in(shop.manager)
    for address in ("/", f"/customers/{customer.pk}/ownership/", "/customers/ownership/"):
        assert WORDS in manager.get(address).content.decode()
    assert not customer.events.filter(kind__startswith="transfer").exists()


def test_r1_4_a_stale_page_of_a_colleague_does_not_tell_either(shop, client, customer, sign_in):
    wish(client, customer)
    answer = sign_in(shop.owner).post(
        f"/customers/{customer.pk}/edit/",
        {
            "version": 99, "kind": "couple", "name": "x", "language": "en",
            "people-TOTAL_FORMS": 0, "people-INITIAL_FORMS": 0, "phones-TOTAL_FORMS": 0, "phones-INITIAL_FORMS": 0,
        },
    )  # fmt: skip
    assert answer.status_code == 409
    assert WORDS not in answer.content.decode()


def test_granted_it_only_says_that_the_customer_asked(shop, client, customer):
    wish(client, customer)
    asked = TransferRequest.objects.get()
    ownership.grant(asked, to=shop.colleague, by=shop.manager, now=timezone.now())
    told = [entry.text for entry in history.timeline(customer)]
    assert "New owner: 周敏, before 陈晓静 (customer asked)" in told
    evidence = " ".join(entry.text for entry in disputes.evidence(customer))
    assert WORDS not in evidence
    assert "Asked for another owner" not in evidence


def test_refused_it_leaves_no_line(shop, client, customer):
    wish(client, customer)
    ownership.refuse(
        TransferRequest.objects.get(), why="Spoke with them", by=shop.manager, now=timezone.now()
    )
    assert [event.kind for event in customer.events.all()] == ["opened"]
    wish(client, customer)
    assert TransferRequest.objects.filter(state="asked").count() == 1


# --- The card ------------------------------------------------------------------------------------
def test_r9_9_the_card_says_nothing_of_what_its_code_is_for(shop, customer, sign_in):
    answer = sign_in(shop.owner).get(f"/customers/{customer.pk}/card/")
    page = answer.content.decode()
    card = page[page.index("<article") : page.index("</article>")]
    assert "<svg" in card
    assert 'lang="en"' in card
    for word in ("another", "somebody else", "complain", "consultant", "陈晓静"):
        assert word not in card.lower()
    assert "no-store" in answer["Cache-Control"]


def test_a_new_card_is_one_press(shop, customer, sign_in):
    client = sign_in(shop.owner)
    client.get(f"/customers/{customer.pk}/card/")
    before = token_of(customer)
    client.post(f"/customers/{customer.pk}/card/")
    assert token_of(customer) != before
