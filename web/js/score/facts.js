/* What is known of the music, for people. */

import { h } from "../lib/dom.js";
import { clock, musicKey, number, t } from "../lib/language.js";

const FACTS = {
    composer: (value) => value,
    lyricist: (value) => value,
    arranger: (value) => value,
    parts: (value) => value.join(", "),
    key: musicKey,
    time: (value) => value,
    tempo: (value) => t("facts.tempo-value", {
        tempo: number(value, { maximumFractionDigits: 0 }) }),
    measures: (value) => number(value),
    duration: clock,
    format: (value) => value,
};


/* A list of what there is, or null. */
export function scoreFacts({ score, pages, tags }) {
    const known = { ...score, tags: tags ?? score?.tags };
    const rows = Object.entries(FACTS).filter(([name]) => told(known[name]))
        .map(([name, text]) => row(() => t(`facts.${name}`),
                                   () => text(known[name])));

    if (pages) {
        rows.push(row(() => t("facts.pages"), () => number(pages)));
    }
    if (told(known.tags)) {
        rows.push(row(() => t("facts.tags"), () => known.tags.join(", ")));
    }

    return rows.length > 0 ? h("dl", { class: "facts" }, rows) : null;
}


function row(name, value) {
    return h("div", {}, h("dt", {}, name), h("dd", { dir: "auto" }, value));
}


function told(value) {
    return value !== undefined && value !== null && value !== ""
        && !(Array.isArray(value) && value.length === 0);
}
