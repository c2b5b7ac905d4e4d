"""The figures as a table for people, each with its target; what is missed is said to be."""


class Report:
    def __init__(self):
        self.n_missed, self.checks = 0, []

    def title(self, text):
        print(f"\n{text}")

    def line(self, name, value, unit, target=None, held=None):
        """held: None when there is no target."""
        mark = "" if held is None else "ok" if held else "missed"
        shown = "-" if value is None else f"{value:,.2f}" if isinstance(value, float) else str(value)
        print(f"  {name:<46}{shown:>14} {unit:<6} {target or '':<34}{mark}".rstrip())
        if held is not None:
            self.n_missed += not held
            self.checks.append({"name": name, "value": value, "unit": unit, "target": target,
                                "held": held})

    def at_most(self, name, value, unit, limit, told=None):
        self.line(name, value, unit, told or f"at most {limit:g} {unit}",
                  value is not None and value <= limit)

    def close(self):
        print(f"\n{len(self.checks) - self.n_missed} of {len(self.checks)} targets held, "
              f"{self.n_missed} missed")


def tell_start(report, start):
    report.title("start (ms from fork, median)")
    ours = start.get("watchdeck", {}).get("painted_ms", {}).get("median")
    for name, told in start.items():
        report.line(f"{name}, first byte", told["first_byte_ms"]["median"], "ms")
        report.line(f"{name}, frame complete", told["painted_ms"]["median"], "ms")
    for name in ("htop", "tig"):
        theirs = start.get(name, {}).get("painted_ms", {}).get("median")
        report.line(f"first paint ahead of {name}", ours, "ms", f"below {theirs} ms",
                    None not in (ours, theirs) and ours < theirs)


def tell_keys(report, keys, title):
    report.title(f"key to the last byte of the repaint, {title}")
    for name, told in keys.items():
        for kind in ("move", "page"):
            one = told[kind]
            report.line(f"{name}, {kind}: median", one["median"], "ms")
            report.line(f"{name}, {kind}: p99", one["p99"], "ms")
            report.line(f"{name}, {kind}: a frame", one["bytes_median"], "bytes")
            if one["unanswered"]:
                report.line(f"{name}, {kind}: without an answer", one["unanswered"], "keys")


def check_keys(report, keys):
    for kind in ("move", "page"):
        for part in ("median", "p99"):
            ours, less = keys["watchdeck"][kind][part], keys["less"][kind][part]
            report.line(f"{kind}: {part} beside less", ours, "ms", f"at most 1.5 x {less} ms",
                        None not in (ours, less) and ours <= 1.5 * less)


def tell_rows(report, rows):
    title = f"{rows['listed']:,} rows in the console"
    tell_keys(report, rows["streaming"], "while rows stream in")
    tell_keys(report, rows["keys"], title)
    report.title(title)
    report.line("rows listed", rows["listed"], "rows", f"{rows['rows']:,}",
                rows["listed"] == rows["rows"])
    report.line("until all rows were there", rows["loaded_s"], "s")
    check_keys(report, rows["keys"])
    report.line("move: median until its preview is there too", rows["preview"]["median"], "ms")
    for what in ("slowest task", "slowest turn"):
        told_us = rows["debug"].get(f"ui: {what}")
        report.at_most(f"{what} on the UI while rows stream",
                       None if told_us is None else told_us / 1000, "ms", 10)
    report.at_most("filter key, cold, p99", rows["filters"]["cold"]["p99"], "ms", 33)
    report.at_most("filter key, narrowing, p99", rows["filters"]["narrow"]["p99"], "ms", 16)
    ours = rows["idle"]["watchdeck"]
    rss_mb = rows["idle_after_filters"]["watchdeck"]["rss_kib"] * 1024 / 1e6
    report.at_most("RSS", round(max(rss_mb, ours["rss_kib"] * 1024 / 1e6), 1), "MB", 140)
    report.at_most("bytes of an unchanged frame", rows["top_again"]["bytes"], "bytes", 0)
    report.at_most("bytes in 5 idle seconds", ours["n_bytes"], "bytes", 0)
    cpu_percent = round(ours["cpu_ns"] / 5e9 * 100, 3)
    report.at_most("CPU while idle (0 as a rounded percentage)", cpu_percent, "%", 0.05)
    for name, told in rows["idle"].items():
        if name != "watchdeck":
            report.line(f"{name}: RSS", round(told["rss_kib"] * 1024 / 1e6, 1), "MB")
            report.line(f"{name}: CPU while idle", round(told["cpu_ns"] / 5e9 * 100, 3), "%")


def fzf_times(told, kind, query):
    times = [told[name][kind].get(query, {}).get("ms") for name in ("fzf_one_core",
                                                                    "fzf_all_cores")]
    return [time for time in times if time is not None]


def tell_filter(report, told, one, kind):
    """One query: ours by median and p99, fzf's better time."""
    n_rows, query = told["rows"], one["query"]
    ours, theirs = one[kind], fzf_times(told, "cold" if kind == "cold" else "narrow", query)
    name = f"{query!r} {kind}, {one['hits']:,} hits"
    limit = 33 if kind == "cold" else 16
    report.at_most(f"{name}: p99", ours["p99_ms"], "ms", limit) if n_rows >= 1000000 else \
        report.line(f"{name}: p99", ours["p99_ms"], "ms")
    if theirs:
        report.line(f"{name}: median beside fzf", ours["median_ms"], "ms",
                    f"at most {min(theirs):.1f} ms", ours["median_ms"] <= min(theirs))


def tell_filters(report, told):
    model = told["watchdeck"]
    distinct = ", ".join(f"{count} {name}" for name, count in model["distinct"].items())
    report.title(f"filter and sort over {told['rows']:,} rows (distinct: {distinct})")
    for one in model["filters"]:
        for kind in ("cold", "narrow"):
            tell_filter(report, told, one, kind)
    for one in model["sorts"]:
        report.line(f"sort by {one['column']}", one["sort"]["median_ms"], "ms")
    report.line("sort(1) by name, one core", told["sort_name_ms"], "ms")
    (report.at_most if told["rows"] >= 1000000 else
     lambda name, value, unit, _: report.line(name, value, unit))(
         "RSS of the rows and their filters", model["rss_mb"], "MB", 140)
    report.line("RSS of fzf", told["fzf_all_cores"]["rss_mb"], "MB")
