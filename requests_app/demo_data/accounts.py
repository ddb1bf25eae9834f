"""The accounts people log in with, and their password. Imports nothing: the demo prints this without Django."""

from typing import NamedTuple

PASSWORD = "Demo-Pass-2026"  # noqa: S105 - documented, for the made-up accounts of the demonstration alone


class Account(NamedTuple):
    """One account: `role` as in the users' table, `prefecture` for officers, `institutions` as keys of `names`;
    `as_proxy`: those for which it enters beside their own staff."""

    username: str
    name: str
    role: str
    described: str
    prefecture: str | None = None
    institutions: tuple[str, ...] = ()
    as_proxy: tuple[str, ...] = ()


ACCOUNTS = (
    Account("hospital-tokyo", "見本 花子", "institution", "医療機関担当者（東京都）", institutions=("13-1",)),
    Account(
        "hospital-osaka",
        "見本 太郎",
        "institution",
        "医療機関担当者（大阪府）",
        institutions=("27-1", "27-2"),
    ),
    Account(
        "association",
        "架空市医師会 見本 五子",
        "institution",
        "医師会（代理入力）",
        as_proxy=("13-13", "13-16"),
    ),
    Account("pref-tokyo", "見本 一郎", "prefecture", "都道府県担当者（東京都）", prefecture="13"),
    Account("pref-osaka", "見本 二郎", "prefecture", "都道府県担当者（大阪府）", prefecture="27"),
    Account("ministry", "見本 三郎", "ministry", "国担当者"),
    Account("operator", "見本 四郎", "operator", "運用担当者"),
)
