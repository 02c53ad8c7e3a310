/* The texts of accounts, as those in strings.js. */

export const en = {
    "sign-in.forgotten": "Forgotten your password?",

    "form.busy": "One moment …",
    "form.missing": "Fill this in.",
    "form.email": "An address looks like name@example.org.",
    "form.short": "A password has 8 characters or more.",
    "form.digits": "These are six digits.",
    "form.name": "Name",
    "form.name-optional": "Name (may stay empty)",
    "form.new-password": "New password",
    "form.current-password": "Current password",
    "password.hint":
        "8 characters or more. A few words that have nothing to do with each "
        + "other are good.",

    "mail.not-come":
        "Nothing came? Look among the junk. To one address go three mails an "
        + "hour at most.",
    "mail.other": "Use another address",

    "sign-up.title": "Create an account",
    "sign-up.submit": "Create account",
    "sign-up.have": "You have an account?",
    "sign-up.again": "Sign up again",
    "sign-up.sent-title": "Look into your mail",
    "sign-up.sent":
        "A mail is on its way to {email}. Follow its link within a day, and "
        + "the account is yours. If you have one already, the mail says so.",
    "sign-up.closed-title": "There is no signing up here",
    "sign-up.closed": "Whoever runs this server can give you an account.",

    "verify.title": "Confirm your address",
    "verify.lead": "One press of the button, and the address is yours.",
    "verify.submit": "Confirm",
    "verify.done": "Your address is confirmed. Sign in with it.",
    "verify.done-title": "The address is confirmed",
    "verify.changed": "{email} is your address now.",
    "verify.other":
        "There is an account of {email} now. You are signed in with another "
        + "one.",
    "verify.sign-in": "Sign out, and sign in with it",

    "reset.title": "A new password",
    "reset.lead": "A link to choose a new password goes to your address.",
    "reset.ask": "Send the link",
    "reset.sent":
        "If there is an account of {email}, a mail is on its way there. Its "
        + "link is good for an hour.",
    "reset.set-lead":
        "Choose a new password. All devices that are signed in are signed out "
        + "then.",
    "reset.submit": "Set password",
    "reset.done": "Your new password is set. Sign in with it.",
    "reset.again": "Ask for another link",

    "invitation.title": "You are invited",
    "invitation.lead":
        "Choose a password, and you have an account here. Your role: {role}.",
    "invitation.submit": "Create account and sign in",
    "invitation.done": "Your account is there. Sign in with it.",
    "invitation.again": "Whoever invited you can do so again.",

    "link.cut-title": "This link is not whole",
    "link.cut":
        "Mail programs cut links in two at times. Open it in the mail once "
        + "more, or copy all of it, up to the end of its line.",
    "link.ended-title": "This link has ended",

    "challenge.title": "Show that it is you",
    "challenge.lead-code":
        "Your authenticator app shows six digits for this site.",
    "challenge.lead-recovery_code":
        "One of the recovery codes that you have kept. Each is good once.",
    "challenge.code": "Six digits",
    "challenge.recovery": "Recovery code",
    "challenge.to-recovery_code": "Use a recovery code",
    "challenge.to-code": "Use the authenticator",
    "challenge.again": "Begin anew",
    "challenge.over": "This took too long, or your password has changed. Sign "
        + "in anew.",
    "challenge.open-code": "A recovery code is still taken.",
    "challenge.open-recovery_code":
        "The six digits of your authenticator are still taken.",
    "challenge.lost":
        "Lost both? Whoever runs this server can take the second factor away.",

    "proof.title": "Show again that it is you",
    "proof.lead": "This is for nobody but you.",
    "proof.submit": "Go on",

    "enrol.title": "A second factor",
    "enrol.lead":
        "This server wants more than a password: an authenticator app on your "
        + "phone that shows six digits. Once it is set up, you go on.",
    "enrol.show":
        "This server wants more than a password: show your second factor, and "
        + "you go on.",

    "totp.scan-title": "Scan this with your authenticator app",
    "totp.scan":
        "Any such app will do: Aegis, Google Authenticator, 2FAS, Passwords "
        + "on an iPhone, your password manager.",
    "totp.qr": "QR code with the secret, which stands as text below",
    "totp.type": "Or type this secret there:",
    "totp.copy": "Copy secret",
    "totp.open": "Open in an app on this device",
    "totp.confirm": "Confirm",
    "totp.over": "This took longer than an hour, or was begun elsewhere.",

    "codes.title": "Your recovery codes",
    "codes.lead":
        "For the day on which your phone is lost: each signs you in once. They "
        + "are shown now and never again, so keep them in another place.",
    "codes.file-head": "Recovery codes for {host}. Each is good once.",
    "codes.copy": "Copy",
    "codes.save": "Save as a file",
    "codes.print": "Print",
    "codes.kept": "I have kept them",

    "copy.done": "Copied.",
    "copy.failed": "This browser does not let it be copied: select it.",

    "account.title": "Your account",

    "profile.title": "You",
    "profile.locale": "Language of the page and of mails",
    "profile.saved": "Saved.",

    "address.title": "Address",
    "address.now": "You sign in with {email}.",
    "address.new": "New address",
    "address.submit": "Change address",
    "address.sent":
        "A mail is on its way to {email}. Nothing changes until its link is "
        + "followed, within a day.",

    "password.submit": "Change password",
    "password.changed":
        "Your password has changed. All other devices are signed out.",

    "factor.off":
        "Beside your password an app on your phone can show six digits that "
        + "nobody else has. Then a stolen password is not enough.",
    "factor.set-up": "Set up an authenticator",
    "factor.on": "An authenticator is asked for whenever you sign in.",
    "factor.codes-left": {
        one: "You have {count} recovery code left.",
        other: "You have {count} recovery codes left.",
    },
    "factor.new-codes": "New recovery codes",
    "factor.move": "Move to another phone",
    "factor.remove": "Take it away",
    "factor.remove-title": "Take the second factor away?",
    "factor.remove-lead":
        "Your password alone opens your account then. Your recovery codes are "
        + "good for nothing any more.",
    "factor.set": "The second factor is set up.",
    "factor.renewed": "The recovery codes of before are good for nothing now.",
    "factor.removed": "The second factor is taken away.",

    "passkeys.title": "Passkeys",
    "passkeys.lead":
        "A passkey signs you in with your finger, your face or the PIN of your "
        + "device, without a password. It also stands in for a second factor.",
    "passkeys.none": "You have none yet.",
    "passkeys.not-here":
        "Adding one takes a browser that knows passkeys, and https.",
    "passkeys.name": "Name of the passkey",
    "passkeys.new-name": "New name",
    "passkeys.add": "Add a passkey",
    "passkeys.added": "The passkey {name} is added.",
    "passkeys.used": "Last used {ago}",
    "passkeys.unused": "Not used yet",
    "passkeys.since": "Added {moment}",
    "passkeys.synced": "Added {moment} · copied to your other devices",
    "passkeys.rename": "Rename",
    "passkeys.rename-name": "Rename {name}",
    "passkeys.renamed": "The passkey is called {name} now.",
    "passkeys.remove": "Remove",
    "passkeys.remove-name": "Remove {name}",
    "passkeys.remove-title": "Remove the passkey {name}?",
    "passkeys.remove-lead":
        "It signs you in no more. Your device may still show it: delete it "
        + "there, too.",
    "passkeys.removed": "The passkey {name} is removed.",
    "passkeys.sign-in": "Sign in with a passkey",
    "passkeys.use": "Use a passkey",
    "challenge.lead-passkey": "Show a passkey of this account.",
    "challenge.to-passkey": "Use a passkey",
    "challenge.open-passkey": "Your other ways are still open.",
    "factor.remove-lead-passkeys":
        "Your passkeys are still asked for when you sign in.",
    "problem.passkey-none": "No passkey was shown.",
    "problem.passkey-known": "This device has a passkey here already.",
    "problem.passkey-failed": "This browser could not do it.",

    "devices.title": "Where you are signed in",
    "devices.on": "{program}, {system}",
    "devices.unknown": "A device that does not say what it is",
    "devices.current": "This device",
    "devices.used": "Last heard of {ago}",
    "devices.since": "Signed in {moment} · {address}",
    "devices.end": "Sign out",
    "devices.end-name": "Sign out {name}",
    "devices.end-others": "Sign out all other devices",
    "devices.ended": "{name} is signed out.",
    "devices.ended-others": "All other devices are signed out.",

    "export.title": "Take your data with you",
    "export.lead":
        "All that is kept of you and for you, in one file: your account, what "
        + "was done in it, your media with what is known of them, and the "
        + "files as you brought them. A mail tells when it is ready.",
    "export.ask": "Prepare the file",
    "export.again": "Prepare it anew",
    "export.making": "The file is being made",
    "export.waits": "It waits for its turn.",
    "export.retries": "It is tried again by itself.",
    "export.left": "{span} left",
    "export.stop": "Stop",
    "export.ready": "{size}, there until {moment}.",
    "export.missing": {
        one: "One file could not be read; missing.txt in it says which.",
        other: "{count} files could not be read; missing.txt in it says "
            + "which.",
    },
    "export.download": "Download",
    "export.remove": "Remove",
    "export.removed": "The file is removed.",
    "export.failed": "It was stopped before it was whole.",
    "export.tomorrow":
        "Three were asked for within a day: another one can be tomorrow.",

    "leave.title": "Leave",
    "leave.lead":
        "Your account goes, and with it all that you have brought. For seven "
        + "days you can come back: by signing in.",
    "leave.submit": "Delete my account",
    "leave.done":
        "Your account goes on {date}. Sign in before, and you stay.",

    "admin.label": "Administration",
    "invitations.title": "Invitations",
    "invitations.new": "Invite somebody",
    "invitations.role": "Role",
    "invitations.plan": "Plan (may stay empty)",
    "invitations.locale": "Language of the mail",
    "invitations.submit": "Invite",
    "invitations.sent":
        "An invitation is on its way to {email}, good for seven days.",
    "invitations.open": "Open invitations",
    "invitations.none": "Nobody is invited.",
    "invitations.until": "until {date}",
    "invitations.take-back": "Take back",
    "invitations.take-back-name": "Take back the invitation of {email}",
    "invitations.taken-back": "{email} is not invited any more.",

    "mails.title": "Mails",
    "mails.lead":
        "This server sends no mails: what it would have sent lies here.",
    "mails.elsewhere": "The mails of this server go out, and are not kept.",
    "mails.none": "Nothing yet.",
    "mails.all": "All mails",
    "mails.from": "From",
    "mails.to": "To",
    "mails.date": "Date",

    "time.now": "just now",

    "role.viewer": "viewer",
    "role.editor": "editor",
    "role.admin": "admin",

    "problem.wait": "In {span} you may try again.",
    "problem.too-many": "Too many tries at once. Wait a moment.",
};

export const fr = {
    "sign-in.forgotten": "Mot de passe oublié\u00a0?",

    "form.busy": "Un instant …",
    "form.missing": "Remplissez ce champ.",
    "form.email": "Une adresse ressemble à nom@example.org.",
    "form.short": "Un mot de passe a 8 caractères ou plus.",
    "form.digits": "Ce sont six chiffres.",
    "form.name": "Nom",
    "form.name-optional": "Nom (peut rester vide)",
    "form.new-password": "Nouveau mot de passe",
    "form.current-password": "Mot de passe actuel",
    "password.hint":
        "8 caractères ou plus. Quelques mots sans rapport entre eux "
        + "conviennent.",

    "mail.not-come":
        "Rien n’arrive\u00a0? Regardez parmi les indésirables. Une adresse "
        + "reçoit trois messages par heure au plus.",
    "mail.other": "Prendre une autre adresse",

    "sign-up.title": "Créer un compte",
    "sign-up.submit": "Créer le compte",
    "sign-up.have": "Vous avez un compte\u00a0?",
    "sign-up.again": "S’inscrire de nouveau",
    "sign-up.sent-title": "Regardez vos messages",
    "sign-up.sent":
        "Un message est en route vers {email}. Suivez son lien dans la "
        + "journée, et le compte est à vous. Si vous en avez déjà un, le "
        + "message le dit.",
    "sign-up.closed-title": "On ne s’inscrit pas ici",
    "sign-up.closed":
        "Qui tient ce serveur peut vous donner un compte.",

    "verify.title": "Confirmer votre adresse",
    "verify.lead": "Un clic sur le bouton, et l’adresse est à vous.",
    "verify.submit": "Confirmer",
    "verify.done":
        "Votre adresse est confirmée. Connectez-vous avec elle.",
    "verify.done-title": "L’adresse est confirmée",
    "verify.changed": "{email} est maintenant votre adresse.",
    "verify.other":
        "Il y a maintenant un compte à l’adresse {email}. Vous êtes connecté "
        + "avec un autre.",
    "verify.sign-in": "Me déconnecter, et me connecter avec lui",

    "reset.title": "Un nouveau mot de passe",
    "reset.lead":
        "Un lien pour choisir un nouveau mot de passe part vers votre adresse.",
    "reset.ask": "Envoyer le lien",
    "reset.sent":
        "S’il y a un compte à l’adresse {email}, un message y est en route. "
        + "Son lien est valable une heure.",
    "reset.set-lead":
        "Choisissez un nouveau mot de passe. Tous les appareils connectés "
        + "seront alors déconnectés.",
    "reset.submit": "Enregistrer le mot de passe",
    "reset.done":
        "Votre nouveau mot de passe est enregistré. Connectez-vous avec lui.",
    "reset.again": "Demander un autre lien",

    "invitation.title": "Vous êtes invité",
    "invitation.lead":
        "Choisissez un mot de passe, et vous avez un compte ici. Votre "
        + "rôle\u00a0: {role}.",
    "invitation.submit": "Créer le compte et me connecter",
    "invitation.done": "Votre compte est là. Connectez-vous avec lui.",
    "invitation.again": "Qui vous a invité peut le refaire.",

    "link.cut-title": "Ce lien n’est pas entier",
    "link.cut":
        "Il arrive qu’un lien soit coupé en deux dans un message. Ouvrez-le "
        + "encore une fois, ou copiez-le en entier, jusqu’au bout de sa ligne.",
    "link.ended-title": "Ce lien n’est plus valable",

    "challenge.title": "Montrez que c’est vous",
    "challenge.lead-code":
        "Votre application d’authentification montre six chiffres pour ce "
        + "site.",
    "challenge.lead-recovery_code":
        "Un des codes de secours que vous avez gardés. Chacun sert une fois.",
    "challenge.code": "Six chiffres",
    "challenge.recovery": "Code de secours",
    "challenge.to-recovery_code": "Utiliser un code de secours",
    "challenge.to-code": "Utiliser l’application",
    "challenge.again": "Recommencer",
    "challenge.over":
        "Cela a duré trop longtemps, ou votre mot de passe a changé. "
        + "Connectez-vous de nouveau.",
    "challenge.open-code": "Un code de secours reste accepté.",
    "challenge.open-recovery_code":
        "Les six chiffres de votre application restent acceptés.",
    "challenge.lost":
        "Les deux sont perdus\u00a0? Qui tient ce serveur peut retirer le "
        + "second facteur.",

    "proof.title": "Montrez encore une fois que c’est vous",
    "proof.lead": "Ceci n’est que pour vous.",
    "proof.submit": "Continuer",

    "enrol.title": "Un second facteur",
    "enrol.lead":
        "Ce serveur demande plus qu’un mot de passe\u00a0: une application "
        + "d’authentification sur votre téléphone, qui montre six chiffres. "
        + "Dès qu’elle est configurée, vous continuez.",
    "enrol.show":
        "Ce serveur demande plus qu’un mot de passe\u00a0: montrez votre "
        + "second facteur, et vous continuez.",

    "totp.scan-title": "Scannez ceci avec votre application",
    "totp.scan":
        "Toute application d’authentification convient\u00a0: Aegis, Google "
        + "Authenticator, 2FAS, Mots de passe sur un iPhone, votre "
        + "gestionnaire de mots de passe.",
    "totp.qr": "Code QR du secret, qui est écrit ci-dessous",
    "totp.type": "Ou tapez-y ce secret\u00a0:",
    "totp.copy": "Copier le secret",
    "totp.open": "Ouvrir dans une application de cet appareil",
    "totp.confirm": "Confirmer",
    "totp.over": "Cela a duré plus d’une heure, ou a recommencé ailleurs.",

    "codes.title": "Vos codes de secours",
    "codes.lead":
        "Pour le jour où votre téléphone est perdu\u00a0: chacun vous connecte "
        + "une fois. Ils se montrent maintenant et plus jamais\u00a0: "
        + "gardez-les ailleurs.",
    "codes.file-head":
        "Codes de secours pour {host}. Chacun sert une fois.",
    "codes.copy": "Copier",
    "codes.save": "Enregistrer un fichier",
    "codes.print": "Imprimer",
    "codes.kept": "Je les ai gardés",

    "copy.done": "Copié.",
    "copy.failed": "Ce navigateur ne permet pas de copier\u00a0: sélectionnez.",

    "account.title": "Votre compte",

    "profile.title": "Vous",
    "profile.locale": "Langue de la page et des messages",
    "profile.saved": "Enregistré.",

    "address.title": "Adresse",
    "address.now": "Vous vous connectez avec {email}.",
    "address.new": "Nouvelle adresse",
    "address.submit": "Changer d’adresse",
    "address.sent":
        "Un message est en route vers {email}. Rien ne change tant que son "
        + "lien n’est pas suivi, dans la journée.",

    "password.submit": "Changer de mot de passe",
    "password.changed":
        "Votre mot de passe a changé. Tous les autres appareils sont "
        + "déconnectés.",

    "factor.off":
        "En plus de votre mot de passe, une application sur votre téléphone "
        + "peut montrer six chiffres que personne d’autre n’a. Un mot de passe "
        + "volé ne suffit alors plus.",
    "factor.set-up": "Configurer une application",
    "factor.on":
        "Les six chiffres de votre application sont demandés à chaque "
        + "connexion.",
    "factor.codes-left": {
        one: "Il vous reste {count} code de secours.",
        other: "Il vous reste {count} codes de secours.",
    },
    "factor.new-codes": "Nouveaux codes de secours",
    "factor.move": "Changer de téléphone",
    "factor.remove": "Le retirer",
    "factor.remove-title": "Retirer le second facteur\u00a0?",
    "factor.remove-lead":
        "Votre mot de passe seul ouvrira alors votre compte. Vos codes de "
        + "secours ne serviront plus à rien.",
    "factor.set": "Le second facteur est configuré.",
    "factor.renewed": "Les codes de secours d’avant ne servent plus à rien.",
    "factor.removed": "Le second facteur est retiré.",

    "passkeys.title": "Clés d’accès",
    "passkeys.lead":
        "Une clé d’accès vous connecte avec votre doigt, votre visage ou le "
        + "code de votre appareil, sans mot de passe. Elle tient aussi lieu de "
        + "second facteur.",
    "passkeys.none": "Vous n’en avez pas encore.",
    "passkeys.not-here":
        "En ajouter une demande un navigateur qui connaît les clés d’accès, et "
        + "https.",
    "passkeys.name": "Nom de la clé d’accès",
    "passkeys.new-name": "Nouveau nom",
    "passkeys.add": "Ajouter une clé d’accès",
    "passkeys.added": "La clé d’accès {name} est ajoutée.",
    "passkeys.used": "Utilisée {ago}",
    "passkeys.unused": "Pas encore utilisée",
    "passkeys.since": "Ajoutée {moment}",
    "passkeys.synced": "Ajoutée {moment} · copiée sur vos autres appareils",
    "passkeys.rename": "Renommer",
    "passkeys.rename-name": "Renommer {name}",
    "passkeys.renamed": "La clé d’accès s’appelle maintenant {name}.",
    "passkeys.remove": "Retirer",
    "passkeys.remove-name": "Retirer {name}",
    "passkeys.remove-title": "Retirer la clé d’accès {name}\u00a0?",
    "passkeys.remove-lead":
        "Elle ne vous connectera plus. Votre appareil la montre peut-être "
        + "encore\u00a0: supprimez-la aussi là-bas.",
    "passkeys.removed": "La clé d’accès {name} est retirée.",
    "passkeys.sign-in": "Se connecter avec une clé d’accès",
    "passkeys.use": "Utiliser une clé d’accès",
    "challenge.lead-passkey": "Montrez une clé d’accès de ce compte.",
    "challenge.to-passkey": "Utiliser une clé d’accès",
    "challenge.open-passkey": "Vos autres moyens restent ouverts.",
    "factor.remove-lead-passkeys":
        "Vos clés d’accès seront toujours demandées à la connexion.",
    "problem.passkey-none": "Aucune clé d’accès n’a été montrée.",
    "problem.passkey-known": "Cet appareil a déjà une clé d’accès ici.",
    "problem.passkey-failed": "Ce navigateur n’a pas pu le faire.",

    "devices.title": "Où vous êtes connecté",
    "devices.on": "{program}, {system}",
    "devices.unknown": "Un appareil qui ne dit pas ce qu’il est",
    "devices.current": "Cet appareil",
    "devices.used": "Dernier signe\u00a0: {ago}",
    "devices.since": "Connecté le {moment} · {address}",
    "devices.end": "Déconnecter",
    "devices.end-name": "Déconnecter {name}",
    "devices.end-others": "Déconnecter tous les autres appareils",
    "devices.ended": "{name} est déconnecté.",
    "devices.ended-others": "Tous les autres appareils sont déconnectés.",

    "export.title": "Emporter vos données",
    "export.lead":
        "Tout ce qui est gardé de vous et pour vous, en un fichier\u00a0: "
        + "votre compte, ce qui y a été fait, vos médias avec ce qui en est "
        + "connu, et les fichiers tels que vous les avez apportés. Un "
        + "courriel dit quand il est prêt.",
    "export.ask": "Préparer le fichier",
    "export.again": "Le préparer à nouveau",
    "export.making": "Le fichier est en préparation",
    "export.waits": "Il attend son tour.",
    "export.retries": "Un nouvel essai se fera de lui-même.",
    "export.left": "encore {span}",
    "export.stop": "Arrêter",
    "export.ready": "{size}, à votre disposition jusqu’au {moment}.",
    "export.missing": {
        one: "Un fichier n’a pas pu être lu\u00a0; missing.txt y dit lequel.",
        other: "{count} fichiers n’ont pas pu être lus\u00a0; missing.txt y "
            + "dit lesquels.",
    },
    "export.download": "Télécharger",
    "export.remove": "Retirer",
    "export.removed": "Le fichier est retiré.",
    "export.failed": "La préparation s’est arrêtée avant la fin.",
    "export.tomorrow":
        "Trois ont été demandés en un jour\u00a0: le prochain pourra l’être "
        + "demain.",

    "leave.title": "Partir",
    "leave.lead":
        "Votre compte s’en va, et avec lui tout ce que vous avez apporté. "
        + "Pendant sept jours vous pouvez revenir\u00a0: il suffit de vous "
        + "connecter.",
    "leave.submit": "Supprimer mon compte",
    "leave.done":
        "Votre compte s’en va le {date}. Connectez-vous avant, et vous "
        + "restez.",

    "admin.label": "Administration",
    "invitations.title": "Invitations",
    "invitations.new": "Inviter quelqu’un",
    "invitations.role": "Rôle",
    "invitations.plan": "Formule (peut rester vide)",
    "invitations.locale": "Langue du message",
    "invitations.submit": "Inviter",
    "invitations.sent":
        "Une invitation est en route vers {email}, valable sept jours.",
    "invitations.open": "Invitations en attente",
    "invitations.none": "Personne n’est invité.",
    "invitations.until": "jusqu’au {date}",
    "invitations.take-back": "Retirer",
    "invitations.take-back-name": "Retirer l’invitation de {email}",
    "invitations.taken-back": "{email} n’est plus invité.",

    "mails.title": "Messages",
    "mails.lead":
        "Ce serveur n’envoie pas de messages\u00a0: ce qu’il aurait envoyé est "
        + "ici.",
    "mails.elsewhere":
        "Les messages de ce serveur sont envoyés, et ne restent pas ici.",
    "mails.none": "Rien encore.",
    "mails.all": "Tous les messages",
    "mails.from": "De",
    "mails.to": "À",
    "mails.date": "Date",

    "time.now": "à l’instant",

    "role.viewer": "lecteur",
    "role.editor": "éditeur",
    "role.admin": "admin",

    "problem.wait": "Vous pourrez réessayer dans {span}.",
    "problem.too-many": "Trop d’essais à la fois. Attendez un instant.",
    "problem.link-ended": "Ce lien a expiré, ou a déjà servi.",
    "problem.registration-closed": "On ne crée pas de compte ici.",
};
