<?php
/* Signs a link with PHP alone:  mint.php PATH [SECONDS]

   SLUICE_KID and SLUICE_SECRET are "kid" and "k" of an oct key of the key
   set. */
$b64url = fn($bytes) => rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
$secret = base64_decode(strtr(getenv('SLUICE_SECRET'), '-_', '+/'));

$header = ['alg' => 'HS256', 'typ' => 'grant+jwt', 'kid' => getenv('SLUICE_KID')];
$claims = ['path' => $argv[1], 'exp' => time() + (int) ($argv[2] ?? 3600)];

$input = $b64url(json_encode($header)) . '.' . $b64url(json_encode($claims));
$mac = hash_hmac('sha256', $input, $secret, true);

echo $input, '.', $b64url($mac), "\n";
