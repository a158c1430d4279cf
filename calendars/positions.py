"""The stylesheet behind the class names that agenda.py positions with.

    python -c "from calendars import positions; print(positions.rules(), end='')" \\
        > calendars/static/calendars/positions.css
"""

from calendars.agenda import DAYS_A_WEEK
from calendars.lanes import MAX_LANES

MOST_ROWS = 25 * 4
LANE_UNITS = 12  # what 1 to 4 lanes can share evenly


def rules() -> str:
    lines = [f".s{row}{{grid-row-start:{row}}}" for row in range(1, MOST_ROWS + 1)]
    lines += [f".n{rows}{{grid-row-end:span {rows}}}" for rows in range(1, MOST_ROWS + 1)]
    for count in range(1, MAX_LANES + 1):
        unit = LANE_UNITS // count
        lines += [
            f".l{lane}o{count}{{grid-column:{(lane - 1) * unit + 1}/span {unit}}}"
            for lane in range(1, count + 1)
        ]
    for column in range(1, DAYS_A_WEEK + 1):
        lines.append(f".c{column}{{grid-column-start:{column}}}")
        lines.append(f".w{column}{{grid-column-end:span {column}}}")
    return "\n".join(lines) + "\n"
