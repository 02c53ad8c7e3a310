/* Giving the account up. */

import { h } from "../lib/dom.js";
import { date, t } from "../lib/language.js";
import { leave } from "./api.js";
import { backAtSignIn } from "./door.js";
import { form, owner, passwordField } from "./form.js";
import { provenly } from "./proof.js";
import { section } from "./section.js";


export function leaving(me) {
    const { element } = form({
        id: "leave",
        kind: "danger",
        fields: [passwordField("leave-password", {
            label: () => t("form.current-password"),
        })],
        submit: () => t("leave.submit"),
        send: provenly(leave),
        done: (answer) => backAtSignIn(me.email, () => t("leave.done", {
            date: date(answer.leaves_at) })),
        children: [owner(me.email)],
    });

    return section("leave", () => t("leave.title"),
                   h("p", {}, () => t("leave.lead")), element);
}
