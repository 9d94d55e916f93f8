"""The whole line in Chromium, in Chinese, against the supervisor's own processes: first visit to pickup.

PostgreSQL, Valkey, web, worker, beat, dispatcher and sink are those of `make run`; the reminder is sent by
the real worker and found on the customer's phone. The shoot is booked for tomorrow, whose rules are due at
once; coming early is a recorded action.
"""

import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from studio.demo.configuration import PASSWORD, PEOPLE
from tests.running import DEMO, Run, data_folder, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("supervisor")]

SHANGHAI = ZoneInfo("Asia/Shanghai")
PHONE = "139 1234 5678"
ORDINARY = ("422 (Unprocessable", "htmx:sendAbort", "htmx:afterRequest")
"""How a browser words it in its console that a form came back with a sentence at its field, and that a page was left
while the total on it was being worked out."""
USERNAMES = {name: username for username, name, *_rest in PEOPLE["sh"]}


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """`make run` with a demo shop that has no past: it opens quickly, and today is alive all the same."""
    with data_folder("shouwen line ") as data, Run(data, DEMO_DAYS_BEHIND="0", **DEMO) as started:
        yield started.ready(240)


@pytest.fixture
def enter(run: Run, browser: Browser) -> Iterator[Callable[[str], Page]]:
    """`enter("chen")` answers a page of a session of their own; any console error fails the test."""
    troubles: list[str] = []
    contexts = []

    def sign_in(username: str) -> Page:
        context = browser.new_context(
            locale="zh-CN", base_url=run.address, viewport={"width": 1366, "height": 900}
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.set_default_timeout(30_000)
        if username:
            page.goto("/accounts/login/")
            page.get_by_label("用户名").fill(username)
            page.get_by_label("密码").fill(PASSWORD)
            page.get_by_role("button", name="登录").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("今日")
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert [trouble for trouble in troubles if not any(word in trouble for word in ORDINARY)] == []


def fill_date(page: Page, day: datetime, clock: str) -> None:
    page.locator("[name$=day]:visible:not([name=wedding_day])").first.fill(f"{day:%Y-%m-%d}")
    page.locator("[name$=time]:visible").first.fill(clock)


def press(button: Locator) -> None:
    """A press and its answer: whoever goes on before it would take the page away from under it."""
    page = button.page
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        button.click()
    page.wait_for_load_state("networkidle")


def press_all(buttons: Locator) -> None:
    """One after the other: what is left is one fewer."""
    while left := buttons.count():
        press(buttons.first)
        expect(buttons).to_have_count(left - 1)


def test_the_line_from_the_first_visit_to_the_pickup(run: Run, enter: Callable[[str], Page]) -> None:
    tomorrow = datetime.now(SHANGHAI) + timedelta(days=1)

    # --- consult: one press takes the turn; the details come when they are told
    desk = enter("chen")
    desk.get_by_role("button", name="接待来客").click()
    desk.wait_for_url("**/visits/*/")
    receiver = re.search(r"(\S+) 接待", desk.locator("main").inner_text())
    assert receiver is not None
    owner_name = receiver.group(1)
    owner = enter(USERNAMES[owner_name])
    owner.goto(desk.url)
    owner.locator("[name$=phone]").fill(PHONE)
    names = owner.locator("[name^=guests-][name$=name]")
    names.nth(0).fill("李想")
    owner.get_by_text("女士", exact=True).nth(0).click()
    names.nth(1).fill("张弛")
    owner.get_by_text("先生", exact=True).nth(1).click()
    owner.get_by_role("button", name="已成单：开订单").click()
    owner.wait_for_url("**/orders/new/**")

    # --- the sale: package, earnest money, dates, photographer and floor
    owner.get_by_role("radio", name=re.compile("四世同堂全家福")).check(force=True)
    owner.get_by_role("radio", name="定金", exact=True).check(force=True)
    owner.locator("[name=amount]").fill("500")
    owner.get_by_text("微信支付").first.click()
    fill_date(owner, tomorrow, "06:30")
    for field, choice in [("photographer", "赵明"), ("artist", "王芳"), ("place", "一号棚（自然光）")]:
        owner.locator(f"select[name={field}]").select_option(label=choice)
    owner.locator("[name=hopes]").fill("像我们平时的样子就好。")
    owner.locator("[name=terms]").check()
    owner.wait_for_load_state("networkidle")  # the total is worked out beside the form
    press(owner.get_by_role("button", name="建立订单"))
    # Before the doors open: they are asked first, and have agreed.
    owner.locator("[name=overtime]").check()
    owner.get_by_role("button", name="建立订单").click()
    owner.wait_for_url(re.compile(r"/orders/\d+/$"))
    order = owner.url
    expect(owner.locator(".stepper [aria-current]")).to_contain_text("拍前确认")

    # --- the reminder, sent by the real worker, on the customer's phone; the link confirms
    phone = enter("")
    until = time.monotonic() + 60
    while True:
        phone.goto("/demo/phone/?to=" + "%2B86" + PHONE.replace(" ", ""))
        link = phone.locator("a[href*='/c/']")
        if link.count():
            break
        assert time.monotonic() < until, "no reminder on the customer's phone within a minute"
        phone.wait_for_timeout(500)
    expect(phone.locator("main")).to_contain_text("李女士")
    phone.goto(link.first.get_attribute("href") or "")
    press(phone.get_by_role("button", name="可以，就这个时间"))
    expect(phone.locator("main")).to_contain_text("谢谢，已经记下了")
    owner.goto(order)
    expect(owner.locator(".stepper [aria-current]")).to_contain_text("拍摄")

    # --- the care call stays to be made (R3.2)
    owner.goto("/calls/")
    owner.get_by_role("link", name=re.compile("李想")).first.click()
    expect(owner.locator("main")).to_contain_text("顾客已通过链接确认")
    press(owner.get_by_role("button", name="已确认", exact=True))

    # --- the day of the shoot: arrival (early, and recorded so), sheet, hand to hand
    owner.goto(order)
    press(owner.get_by_role("button", name="全部到了"))
    press(owner.get_by_role("button", name="签发作业流程表"))
    artist, photographer = enter("wang"), enter("zhao")

    def hand_over(giver: Page, department: str, receiver: Page) -> None:
        giver.goto(order)
        press(giver.get_by_role("button", name=f"交接给{department}").first)
        receiver.goto(order)
        press(receiver.get_by_role("button", name="我来接").first)
        expect(receiver.get_by_role("button", name="我来接")).to_have_count(0)

    hand_over(owner, "造型设计部", artist)
    for _look in range(2):
        hand_over(artist, "摄影部", photographer)
        photographer.goto(order)
        press(photographer.get_by_role("button", name="这套拍好了").first)
        hand_over(photographer, "造型设计部", artist)
    hand_over(artist, "门市部", owner)

    # --- the selection gets its date, the balance is paid, the farewell is said
    owner.goto(order + "appointments/new/?kind=selection")
    fill_date(owner, tomorrow, "18:30")
    press(owner.get_by_role("button", name="就约这天"))
    owner.goto(order + "payments/new/")
    owner.get_by_text("微信支付").first.click()
    press(owner.get_by_role("button", name="收款并打印收据"))
    owner.goto(order + "departure/")
    expect(owner.locator("main")).to_contain_text("实在不好意思，今天没有招呼好二位，请多多原谅！")
    owner.get_by_text("惊喜", exact=False).first.click()
    owner.locator("[name=farewell_said]").check()
    press(owner.get_by_role("button", name="已送客"))
    owner.goto(order)
    expect(owner.locator(".stepper [aria-current]")).to_contain_text("选片")

    # --- selection: what it needs is there, the customer signs
    producer = enter("sun")
    for worker, owed in [(photographer, 1), (producer, 2)]:
        row = worker.locator("li", has_text="李想").get_by_role("button")
        until = time.monotonic() + 90
        worker.goto("/deliveries/")
        while row.count() < owed:  # the planner asks the departments within its minute
            assert time.monotonic() < until, "no department was asked for what the selection needs"
            worker.wait_for_timeout(1000)
            worker.goto("/deliveries/")
        press_all(row)
    owner.goto(order + "selection/signature/")
    owner.locator("[name=frames]").fill("36")
    owner.locator("[name=consent]").check()
    owner.locator("[name=signed_name]").fill("李想")
    press(owner.get_by_role("button", name="签字"))
    owner.goto(order)
    expect(owner.locator(".stepper [aria-current]")).to_contain_text("取件")

    # --- pickup: made, a complete set at the desk, signed for; the order closes by itself
    producer.goto(order + "pickup/")
    press_all(producer.get_by_role("button", name="做好了"))
    owner.goto(order + "pickup/")
    press(owner.get_by_role("button", name="签收整套成品"))
    owner.goto(order + "pickup/signature/")
    for box in owner.locator("[name=items]").all():
        box.check(force=True)
    owner.locator("[name=signed_name]").fill("李想")
    press(owner.get_by_role("button", name="签字"))
    owner.goto(order)
    expect(owner.locator("main")).to_contain_text("结案")

    # --- and the timeline tells it, in Chinese; coming early is in it; the message went out once
    history = owner.locator("main").text_content() or ""  # the older lines are folded away
    for sentence in ["成交", "顾客在自己的页面确认了拍摄"]:
        assert sentence in history
    asked = (
        "SELECT DISTINCT m.state, m.attempt FROM outbox_message m JOIN workflow_reminder r ON r.message_id = m.id "
        "JOIN bookings_appointment a ON a.id = r.appointment_id JOIN workflow_workorder w ON w.booking_id = a.booking_id "
        f"WHERE w.id = {order.rstrip('/').split('/')[-1]} AND a.kind = 'shoot'"
    )
    wait_until(lambda: run.sql(asked) == [("delivered", 1)], 30, "sent once, and reported as delivered")
    early = run.sql(
        f"SELECT count(*) FROM workflow_workorderevent WHERE kind = 'came_early' AND work_order_id = {order.rstrip('/').split('/')[-1]}"
    )
    assert early == [(1,)]
    doubled = run.sql("SELECT count(*) FROM demo_receivedmessage WHERE times > 1")
    assert doubled == [(0,)]
