"""`python -m bench.paper`: what the PDF of a request costs, in time, CPU, memory and bytes.

A sheet with every item of goods, twelve events and long remarks: the most that a request puts on paper.
"""

from __future__ import annotations

import os
import resource
import statistics
import time

from bench.cpu import machine

ROUNDS = 12
WORDS = "次の納品は来週の予定で、検査用の手袋がとくに足りません。髙﨑①𠮷"


def sheet() -> str:
    """The page that is rendered."""
    cells = "<td class=r><strong>4,100枚</strong><br>41箱</td>" * 6
    rows = "".join(f"<tr><th scope=row>{n} 非滅菌手袋</th>{cells}</tr>" for n in "①②③④⑤")
    heads = "".join(f"<th scope=col>{name}</th>" for name in ("物資", *["数量"] * 6))
    events = "".join(f"<li><strong>照会</strong><br>{WORDS}</li>" for _ in range(12))
    return (
        '<!DOCTYPE html><html lang="ja"><head><meta charset="utf-8"><title>要請</title></head><body><main>'
        f"<h1>2026/11/22_架空中央病院_緊急配布要請</h1><h2>数量</h2>"
        f"<table class=table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        f"<h2>確認と記入</h2><p>{WORDS * 60}</p><h2>これまでの動き</h2><ol class=happened>{events}</ol>"
        "</main></body></html>"
    )


def main() -> None:
    """Print the table."""
    os.environ.setdefault("PORTAL_MODE", "test")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sosportal.settings")
    from sosportal.lib import pdf

    html, before = sheet(), _megabytes()
    wall, cpu, sizes = [], [], []
    for _ in range(ROUNDS):
        began, used = time.perf_counter(), time.process_time()
        sizes.append(len(pdf.render(html)))
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
    print(f"{machine()}; {ROUNDS} PDFs, one after the other")
    print(f"first      {wall[0]:.2f} s ({cpu[0]:.2f} s CPU; with WeasyPrint's import)")
    print(f"each after {statistics.median(wall[1:]):.2f} s ({statistics.median(cpu[1:]):.2f} s CPU), median")
    print(f"size       {statistics.median(sizes) / 1000:.0f} kB")
    print(f"memory     {before:.0f} MB before, {_megabytes():.0f} MB at the most")


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
