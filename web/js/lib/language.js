/* Which language, and how it writes texts, sizes, times and dates. */

import { french, frenchRefusal } from "./reasons.js";
import { strings } from "./strings.js";

const KEY = "sluice.language";
const changed = new EventTarget();

export const languages = Object.keys(strings);

let language = pick();


export function current() {
    return language;
}


export function change(to) {
    language = to;
    localStorage.setItem(KEY, to);
    changed.dispatchEvent(new Event("change"));
}


/* Has one chosen on this device? */
export function isChosen() {
    return localStorage.getItem(KEY) !== null;
}


/* The language of an account, where one has chosen none on this device. */
export function adopt(tag) {
    const base = tag?.split("-")[0];

    if (!isChosen() && base !== language && languages.includes(base)) {
        language = base;
        changed.dispatchEvent(new Event("change"));
    }
}


export function onChange(listener) {
    changed.addEventListener("change", listener);
}


export function knows(key) {
    return key in strings[language];
}


/* A text with its {names} filled in; `count` chooses the plural. */
export function t(key, values = {}) {
    let found = strings[language][key];

    if (typeof found === "object") {
        const form = new Intl.PluralRules(language).select(values.count);
        found = found[form] ?? found.other;
    }

    return found.replace(/\{(\w+)\}/g, (whole, name) => {
        const value = values[name];
        return typeof value === "number" ? number(value) : value;
    });
}


/* Why nothing came of a file; text: media.error, in the server's English */
export function reason(text) {
    return language === "fr" ? french(text) : text;
}


/* What the API says when it refuses; null where there are no such words. */
export function said(text) {
    return language === "fr" ? frenchRefusal(text) : null;
}


export function number(value, options) {
    return new Intl.NumberFormat(locale(), options).format(value);
}


/* percent: 0 to 100 */
export function percent(value) {
    return number(value / 100, { style: "percent", maximumFractionDigits: 0 });
}


export function bytes(value) {
    const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
    let step = 0;

    while (value >= 1000 && step < units.length - 1) {
        value /= 1000;
        step++;
    }

    return number(value, {
        style: "unit",
        unit: units[step],
        unitDisplay: "short",
        maximumFractionDigits: step < 2 || value >= 100 ? 0 : 1,
    });
}


/* 83.4 -> 1:23, 3723 -> 1:02:03 */
export function clock(seconds) {
    const whole = Math.round(seconds);
    const two = (value) => String(value).padStart(2, "0");
    const h = Math.floor(whole / 3600);
    const m = Math.floor(whole / 60) % 60;

    return h > 0 ? `${h}:${two(m)}:${two(whole % 60)}`
        : `${m}:${two(whole % 60)}`;
}


/* 83 -> "1 min 23 s": what a voice reads well */
export function span(seconds) {
    const whole = Math.max(1, Math.round(seconds));
    const unit = (value, name) => number(value, {
        style: "unit", unit: name, unitDisplay: "short",
    });

    if (whole < 60) {
        return unit(whole, "second");
    }
    if (whole < 3600) {
        return unit(Math.round(whole / 60), "minute");
    }
    return `${unit(Math.floor(whole / 3600), "hour")} `
        + unit(Math.floor(whole / 60) % 60, "minute");
}


/* "Bb minor" -> B♭ minor, si♭ mineur */
export function musicKey(key) {
    const [, note, sign, mode] = /^([A-G])([b#]?) (\w+)$/.exec(key) ?? [];

    return note && knows(`mode.${mode}`)
        ? `${t(`note.${note}`)}${{ b: "♭", "#": "♯" }[sign] ?? ""} `
          + t(`mode.${mode}`)
        : key;
}


export function date(value) {
    return new Intl.DateTimeFormat(locale(), { dateStyle: "medium" })
        .format(new Date(value));
}


/* 30 Nov 2026, 10:32 */
export function moment(value) {
    return new Intl.DateTimeFormat(locale(), { dateStyle: "medium",
                                               timeStyle: "short" })
        .format(new Date(value));
}


/* "3 minutes ago" */
export function ago(value) {
    const format = new Intl.RelativeTimeFormat(locale(), { numeric: "auto" });
    const seconds = Math.round((new Date(value) - Date.now()) / 1000);

    for (const [unit, long] of [["day", 86400], ["hour", 3600],
                                ["minute", 60]]) {
        if (-seconds >= long) {
            return format.format(Math.trunc(seconds / long), unit);
        }
    }
    return t("time.now");
}


/* The reader's own way of writing the language: en-GB rather than en. */
function locale() {
    return navigator.languages.find((tag) => tag.split("-")[0] === language)
        ?? language;
}


function pick() {
    const wanted = [localStorage.getItem(KEY), ...navigator.languages];

    for (const tag of wanted) {
        const base = tag?.split("-")[0];
        if (languages.includes(base)) {
            return base;
        }
    }

    return "en";
}
