/* Who has an account: the newest, or those whose address begins so. */

import { adminFrame } from "../account/admin.js";
import { getAccounts } from "../account/api.js";
import { filterForm } from "../account/filter.js";
import { emailField, ROLES, selectField } from "../account/form.js";
import { outcome, pagedList, section } from "../account/section.js";
import { h } from "../lib/dom.js";
import { date, t } from "../lib/language.js";


export function accountsView(params, { signal }) {
    const told = outcome();
    const search = new URLSearchParams(location.search);
    const list = pagedList(() => t("accounts.title"), {
        ask: (cursor) => getAccounts(asked(search), cursor, signal), row,
        signal, none: () => t("accounts.none"), attempt: told.attempt,
    });

    list.load();
    return {
        element: adminFrame("accounts", () => t("accounts.title"), signal,
            h("div", { class: "panels" },
              section("find", () => t("accounts.find"), finding(search, list)),
              section("found", () => t("accounts.found"), list.element,
                      ...told.elements))),
        title: () => `${t("accounts.title")} – Sluice`,
    };
}


const asked = (search) => ({ q: search.get("q") ?? "",
                             role: search.get("role") ?? "" });


function finding(search, list) {
    const { q, role } = asked(search);

    return filterForm("find", {
        path: "/admin/accounts", search, list,
        fields: [
            emailField("find-q", {
                name: "q", type: "search", required: false, value: q,
                autocomplete: "off", check: null,
                label: () => t("accounts.begins"),
            }),
            selectField("find-role", {
                name: "role", label: () => t("invitations.role"), chosen: role,
                options: [["", () => t("accounts.any-role")],
                          ...ROLES.map((one) => [one, () => t(`role.${one}`)])],
            }),
        ],
        submit: () => t("accounts.submit"),
    });
}


function row(one) {
    return h("li", { class: "row" },
        h("div", {},
          h("p", { class: "row-name" },
            h("a", { href: `/admin/accounts/${one.id}` },
              one.email ?? one.name ?? one.id)),
          h("p", { class: "hint" }, () => [
              one.email && one.name, t(`role.${one.role}`), one.plan,
              t("accounts.since", { date: date(one.created_at) }),
              one.disabled && t("accounts.is-disabled"),
              one.leaves_at && t("accounts.leaves", {
                  date: date(one.leaves_at) }),
          ].filter(Boolean).join(" · "))));
}
