/* Another password. */

import { t } from "../lib/language.js";
import { changePassword } from "./api.js";
import { form, newPasswordField, owner, passwordField } from "./form.js";
import { provenly } from "./proof.js";
import { section } from "./section.js";


export function password(me, changed) {
    const now = passwordField("password-now", {
        label: () => t("form.current-password"),
    });
    const next = newPasswordField("password-new", {
        name: "new_password", label: () => t("form.new-password"),
    });
    const { element, say } = form({
        id: "password-change",
        fields: [now, next],
        submit: () => t("password.submit"),
        send: provenly(changePassword),
        done: () => {
            now.input.value = "";
            next.input.value = "";
            say(() => t("password.changed"));
            changed();
        },
        children: [owner(me.email)],
    });

    return section("password", () => t("sign-in.password"), element);
}
