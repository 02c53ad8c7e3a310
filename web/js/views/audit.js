/* Who did what, the newest first. */

import { adminFrame } from "../account/admin.js";
import { getAudit } from "../account/api.js";
import { filterForm } from "../account/filter.js";
import { field } from "../account/form.js";
import { outcome, pagedList, section } from "../account/section.js";
import { h } from "../lib/dom.js";
import { moment, t } from "../lib/language.js";

const FILTERS = ["actor", "action", "target", "from", "to"];
const DAY = 86_400_000;     /* ms */


export function auditView(params, { signal }) {
    const told = outcome();
    const search = new URLSearchParams(location.search);
    const list = pagedList(() => t("audit.title"), {
        ask: (cursor) => getAudit(times(search), cursor, signal), row,
        signal, none: () => t("audit.none"), attempt: told.attempt,
    });

    list.load();
    return {
        element: adminFrame("audit", () => t("audit.title"), signal,
            h("div", { class: "panels" },
              section("filter", () => t("audit.filter"),
                      filter(search, list)),
              section("lines", () => t("audit.lines"), list.element,
                      ...told.elements))),
        title: () => `${t("audit.title")} – Sluice`,
    };
}


/* Whole days of the reader's clock, the last one included. */
function times(search) {
    const values = Object.fromEntries(FILTERS.map(
        (name) => [name, search.get(name) ?? ""]));
    const day = (text, more) => {
        const moment = new Date(`${text}T00:00`);

        return Number.isNaN(moment.getTime()) ? ""
            : new Date(moment.getTime() + more).toISOString();
    };

    return { ...values, from: values.from && day(values.from, 0),
             to: values.to && day(values.to, DAY) };
}


function filter(search, list) {
    return filterForm("audit", {
        path: "/admin/audit", search, list,
        fields: FILTERS.map((name) => field(`audit-${name}`, {
            name, required: false, autocomplete: "off", autocapitalize: "none",
            spellcheck: "false", value: search.get(name) ?? "",
            type: name === "from" || name === "to" ? "date" : "text",
            label: () => t(`audit.${name}`),
        })),
        submit: () => t("audit.submit"),
    });
}


function row({ at, actor, action, target, detail }) {
    const own = actor !== null && actor === target;

    return h("li", { class: "row" }, h("div", {},
        h("p", { class: "row-name" }, h("code", {}, action)),
        h("p", { class: "hint" }, () => moment(at), " · ",
          actor ? h("a", { href: `/admin/accounts/${actor}` },
                    () => t("audit.by", { actor: actor.slice(-12) }))
              : () => t("audit.by-nobody"),
          own || target === null ? null : ` · ${target}`),
        Object.keys(detail ?? {}).length === 0 ? null
            : h("p", { class: "hint" }, h("code", {}, JSON.stringify(detail)))));
}
