/**
 * Pure. Local time in strftime's form, as far as log lines use it.
 */

const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
const MONTHS =
  "January February March April May June July August September October November December".split(
    " ",
  );

/** A directive that is not known stays as it is. Names are English, as in Python's C locale. */
export function strftime(format: string, ms: number): string {
  const date = new Date(ms);
  return format.replace(/%([a-zA-Z%])/g, (whole, directive: string) => {
    return directiveText(directive, date) ?? whole;
  });
}

function directiveText(directive: string, date: Date): string | undefined {
  switch (directive) {
    case "Y":
      return pad(date.getFullYear(), 4);
    case "y":
      return pad(date.getFullYear() % 100);
    case "m":
      return pad(date.getMonth() + 1);
    case "d":
      return pad(date.getDate());
    case "e":
      return `${date.getDate()}`.padStart(2);
    case "H":
      return pad(date.getHours());
    case "I":
      return pad(date.getHours() % 12 || 12);
    case "M":
      return pad(date.getMinutes());
    case "S":
      return pad(date.getSeconds());
    case "f":
      return pad(date.getMilliseconds() * 1000, 6);
    case "p":
      return date.getHours() < 12 ? "AM" : "PM";
    case "j":
      return pad(dayOfYear(date), 3);
    case "s":
      return `${Math.floor(date.getTime() / 1000)}`;
    case "%":
      return "%";
    default:
      return nameText(directive, date);
  }
}

function nameText(directive: string, date: Date): string | undefined {
  const day = DAYS[date.getDay()] ?? "";
  const month = MONTHS[date.getMonth()] ?? "";
  switch (directive) {
    case "A":
      return day;
    case "a":
      return day.slice(0, 3);
    case "B":
      return month;
    case "b":
    case "h":
      return month.slice(0, 3);
    case "z":
      return offsetText(date);
    case "F":
      return strftime("%Y-%m-%d", date.getTime());
    case "T":
      return strftime("%H:%M:%S", date.getTime());
    case "D":
      return strftime("%m/%d/%y", date.getTime());
    case "R":
      return strftime("%H:%M", date.getTime());
    default:
      return undefined;
  }
}

/** `+0200`, `-0330`. */
function offsetText(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${pad(Math.floor(size / 60))}${pad(size % 60)}`;
}

function dayOfYear(date: Date): number {
  const day = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((day - Date.UTC(date.getFullYear(), 0, 0)) / 86_400_000);
}

function pad(n: number, digits = 2): string {
  return `${n}`.padStart(digits, "0");
}
