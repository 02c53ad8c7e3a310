/* One's address. It changes when the new one has answered. */

import { h } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { changeEmail } from "./api.js";
import { emailField, form, owner, passwordField } from "./form.js";
import { provenly } from "./proof.js";
import { section } from "./section.js";


export function address(me) {
    const email = emailField("address-email", {
        autocomplete: "email", label: () => t("address.new"),
    });
    const password = passwordField("address-password", {
        label: () => t("form.current-password"),
    });
    const { element, say } = form({
        id: "address",
        fields: [email, password],
        submit: () => t("address.submit"),
        send: provenly(changeEmail),
        done: (answer) => {
            email.input.value = "";
            password.input.value = "";
            say(() => t("address.sent", { email: answer.email }));
        },
        children: [owner(me.email)],
    });

    return section("address", () => t("address.title"),
        h("p", { class: "own-address" },
          () => t("address.now", { email: me.email ?? "" })),
        element);
}
