"""The books of one order in plain Python, independent of the models: what each step does, or that it can't."""

from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal

NOTHING = Decimal("0.00")


class Refused(Exception):
    """The step is not possible; nothing has changed."""


@dataclass
class Coin:
    """A payment that came in."""

    kind: str
    amount: Decimal
    left: Decimal


@dataclass
class Damage:
    amount: Decimal
    used: list[tuple[Coin, Decimal]]
    lifted: bool = False


@dataclass
class Books:
    total: Decimal
    coins: list[Coin] = field(default_factory=list)
    damages: list[Damage] = field(default_factory=list)
    is_open: bool = True
    extra_out: Decimal = NOTHING
    """Compensation paid beyond what came in."""
    receipts: int = 0
    notes: int = 0

    # --- What is asked ---
    @property
    def used(self) -> Decimal:
        return sum((part for one in self.damages if not one.lifted for _coin, part in one.used), NOTHING)

    @property
    def damage(self) -> Decimal:
        return sum((one.amount for one in self.damages if not one.lifted), NOTHING)

    @property
    def paid(self) -> Decimal:
        came = sum((coin.left for coin in self.coins if coin.kind != "security"), NOTHING)
        return came + self.used - self.extra_out

    @property
    def secured(self) -> Decimal:
        return sum((coin.left for coin in self.coins if coin.kind == "security"), NOTHING)

    @property
    def balance(self) -> Decimal:
        return self.total - self.paid

    def left(self, kind: str) -> Decimal:
        return sum((coin.left for coin in self.coins if coin.kind == kind), NOTHING)

    # --- What happens ---
    def must_be_open(self) -> None:
        if not self.is_open:
            raise Refused

    def line(self, amount: Decimal) -> None:
        self.must_be_open()
        self.total += amount

    def pay(self, parts: list[tuple[str, Decimal]]) -> None:
        self.must_be_open()
        security = {kind == "security" for kind, _amount in parts}
        if len(security) > 1:
            raise Refused
        if security == {False}:
            if sum(amount for _kind, amount in parts) > self.balance:
                raise Refused
            earnest = sum(amount for kind, amount in parts if kind == "earnest")
            limit = (self.total / 5).quantize(Decimal("0.01"), rounding=ROUND_DOWN)
            if earnest and earnest > limit - self.left("earnest"):
                raise Refused
        self.coins += [Coin(kind, amount, amount) for kind, amount in parts]
        self.receipts += 1

    def refund(self, coin: Coin, amount: Decimal) -> None:
        if amount > coin.left:
            raise Refused
        coin.left -= amount
        self.receipts += 1

    def reverse(self, coin: Coin) -> bool:
        """False: it was reversed before, and nothing happens."""
        if coin.amount == 0:
            return False
        if coin.left != coin.amount or not self.is_open:
            raise Refused
        coin.left = coin.amount = NOTHING
        self.receipts += 1
        return True

    def charge(self, amount: Decimal) -> None:
        self.must_be_open()
        self.total += amount
        used, rest = [], amount
        for coin in self.coins:
            part = min(coin.left, rest) if coin.kind == "security" else NOTHING
            if part > 0:
                coin.left -= part
                rest -= part
                used.append((coin, part))
        self.damages.append(Damage(amount, used))
        self.receipts += bool(used)

    def lift(self, damage: Damage) -> None:
        if damage.lifted:
            return
        self.must_be_open()
        damage.lifted = True
        self.total -= damage.amount
        for coin, part in damage.used:
            coin.left += part
        self.receipts += bool(damage.used)

    def credit(self, amount: Decimal) -> None:
        self.must_be_open()
        if amount > max(NOTHING, self.total - self.damage):
            raise Refused
        self.total -= amount
        self.notes += 1

    def return_security(self) -> None:
        self.receipts += self.secured > 0
        for coin in self.coins:
            if coin.kind == "security":
                coin.left = NOTHING

    def call_off(self, fault: str, kept: Decimal) -> None:
        self.must_be_open()
        paid, earnest = self.paid, self.left("earnest")
        covered = min(self.damage, paid)
        stays = earnest if fault == "customer" else NOTHING
        safe = earnest if fault in {"customer", "house"} else NOTHING
        if kept > max(NOTHING, paid - covered - safe):
            raise Refused
        after = min(covered + stays, paid) + kept
        lines = self.total - covered > 0 or after - covered > 0 or kept > 0
        if fault == "house" and earnest:
            lines, self.extra_out = True, earnest
            self.receipts += sum(coin.kind == "earnest" and coin.left > 0 for coin in self.coins)
        self.notes += bool(lines)
        self.receipts += (paid - after > 0) + (self.secured > 0)
        self.total = after - self.extra_out
        # Which payment gives what back is the till's to decide; only the sums count here.
        for coin in self.coins:
            coin.left = NOTHING
        self.coins.append(Coin("settled", NOTHING, after - self.used))
        self.is_open = False
