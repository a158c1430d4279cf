// JSON lines in: {"body": iCalendar text, "first", "last": ISO times}. One line out for each:
// {"starts": [...]} within [first, last], or {"error": "..."}. Floating times are printed as
// they are, dates as dates, everything else in UTC.
import { createInterface } from "node:readline";
import { runInThisContext } from "node:vm";
import ICAL from "ical.js";

const MOST_STEPS = 20_000;
// Some rules never end inside ical.js; only a vm can be interrupted.
const MOST_MILLISECONDS = 10_000;

function plain(time) {
  const floats = time.isDate || time.zone === ICAL.Timezone.localTimezone;
  return (floats ? time : time.convertToZone(ICAL.Timezone.utcTimezone)).toString();
}

function events(calendar) {
  ICAL.TimezoneService.reset();
  for (const zone of calendar.getAllSubcomponents("vtimezone")) {
    ICAL.TimezoneService.register(zone);
  }
  return calendar
    .getAllSubcomponents("vevent")
    .map((component) => new ICAL.Event(component))
    .filter((event) => !event.isRecurrenceException());
}

function starts(event, first, last) {
  const found = [];
  const iterator = event.isRecurring() ? event.iterator() : [event.startDate].values();
  for (let steps = 0; ; steps++) {
    if (steps > MOST_STEPS) throw new Error("too many steps");
    const next = iterator.next();
    const time = event.isRecurring() ? next : next.value;
    if (!time || time.compare(last) > 0) return found;
    const start = event.isRecurring() ? event.getOccurrenceDetails(time).startDate : time;
    if (start.compare(first) >= 0 && start.compare(last) <= 0) found.push(plain(start));
  }
}

function answer({ body, first, last }) {
  const [from, to] = [first, last].map((text) => ICAL.Time.fromString(text));
  const calendar = new ICAL.Component(ICAL.parse(body));
  return { starts: events(calendar).flatMap((event) => starts(event, from, to)) };
}

for await (const line of createInterface({ input: process.stdin })) {
  globalThis.answerThis = () => answer(JSON.parse(line));
  let said;
  try {
    said = runInThisContext("answerThis()", { timeout: MOST_MILLISECONDS });
  } catch (error) {
    said = { error: String(error) };
  }
  console.log(JSON.stringify(said));
}
