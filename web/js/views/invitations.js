/* Who is invited, and who is to be. */

import { adminFrame } from "../account/admin.js";
import { getInvitations, invite, takeBack } from "../account/api.js";
import { emailField, field, form, ROLES, selectField }
    from "../account/form.js";
import { languageField } from "../account/profile.js";
import { outcome, pagedList, section } from "../account/section.js";
import { h } from "../lib/dom.js";
import { current, date, t } from "../lib/language.js";


export function invitationsView(params, { signal }) {
    const told = outcome();
    const list = pagedList(() => t("invitations.open"), {
        ask: (cursor) => getInvitations(cursor, signal), row, signal,
        none: () => t("invitations.none"), attempt: told.attempt,
    });
    const open = section("open", () => t("invitations.open"), list.element,
                         ...told.elements);

    open.querySelector("h2").setAttribute("tabindex", "-1");

    function row(invitation) {
        const { email, role, plan } = invitation;
        const item = h("li", { class: "row" },
            h("div", {},
              h("p", { class: "row-name" }, email),
              h("p", { class: "hint" }, () => [t(`role.${role}`), plan,
                  t("invitations.until", {
                      date: date(invitation.expires_at) })]
                  .filter(Boolean).join(" · "))),
            h("button", {
                class: "button", type: "button",
                "aria-label": () => t("invitations.take-back-name", { email }),
                onclick: () => told.attempt(() => remove(invitation, item)),
            }, () => t("invitations.take-back")));

        return item;
    }

    async function remove({ id, email }, item) {
        await takeBack(id);
        const near = (item.nextElementSibling ?? item.previousElementSibling)
            ?.querySelector("button");

        item.remove();
        if (near) {
            near.focus();
        } else {
            await list.load();
            open.querySelector("h2").focus();
        }
        told.say(() => t("invitations.taken-back", { email }));
    }

    list.load();
    return {
        element: adminFrame("invitations", () => t("invitations.title"), signal,
                            h("div", { class: "panels" },
                              inviting(list), open)),
        title: () => `${t("invitations.title")} – Sluice`,
    };
}


function inviting(list) {
    const email = emailField("invite-email", { autocomplete: "off" });
    const { element, say } = form({
        id: "invite",
        fields: [
            email,
            selectField("invite-role", {
                name: "role", label: () => t("invitations.role"),
                chosen: "viewer",
                options: ROLES.map((role) => [role, () => t(`role.${role}`)]),
            }),
            field("invite-plan", {
                name: "plan", required: false, autocomplete: "off",
                autocapitalize: "none", label: () => t("invitations.plan"),
            }),
            languageField("invite-locale", current(),
                          () => t("invitations.locale")),
        ],
        submit: () => t("invitations.submit"),
        send: (values) => invite({ ...values, plan: values.plan || null }),
        done: (answer) => {
            email.input.value = "";
            say(() => t("invitations.sent", { email: answer.email }));
            return list.load();
        },
    });

    return section("inviting", () => t("invitations.new"), element);
}
