#!/bin/sh
# own-ca.sh FOLDER: a certificate authority of our own (ca.pem), and a certificate of it for 127.0.0.1, ::1 and
# localhost (server.pem, server.key).
set -eu
mkdir -p "$1"
cd "$1"
key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
# shellcheck disable=SC2086
openssl req -x509 $key -keyout ca.key -out ca.pem -days 30 -subj '/CN=interop CA' \
    -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign'
# shellcheck disable=SC2086
openssl req $key -keyout server.key -out server.csr -subj '/CN=localhost'
cat >extensions <<'EXTENSIONS'
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth
keyUsage = digitalSignature
EXTENSIONS
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -out server.pem -extfile extensions
