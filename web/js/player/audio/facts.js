/* What is known of a recording beside its title: tags, and how loud it is. */

import { h } from "../../lib/dom.js";
import { number, t } from "../../lib/language.js";

const ONE = { minimumFractionDigits: 1, maximumFractionDigits: 1 };


export function recordingFacts({ recording }) {
    const rows = [
        ["listen.album", () => recording?.album],
        ["listen.track", () => of(recording?.track)],
        ["listen.disc", () => of(recording?.disc)],
        ["listen.year", () => recording?.year && String(recording.year)],
        ["listen.loudness", () => loudness(recording?.loudness)],
    ].filter(([, value]) => value());

    return rows.length === 0 ? null : h("section", { class: "listen-facts",
        "aria-label": () => t("listen.facts") },
        h("h2", {}, () => t("listen.facts")),
        h("dl", { class: "facts" }, rows.map(([key, value]) => h("div", {},
            h("dt", {}, () => t(key)),
            h("dd", { dir: "auto" }, value)))));
}


/* 3, or "3/12" */
function of(value) {
    return value ? String(value).replace("/", " / ") : "";
}


/* EBU R128: told, not applied */
function loudness(found) {
    return Number.isFinite(found?.integrated) ? [
        t("listen.lufs", { value: number(found.integrated, ONE) }),
        Number.isFinite(found.range)
            && t("listen.range", { value: number(found.range, ONE) }),
        Number.isFinite(found.peak)
            && t("listen.peak", { value: number(found.peak, ONE) }),
    ].filter(Boolean).join(" · ") : "";
}
