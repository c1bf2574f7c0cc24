# Certificates of the test bed and who gets in with them. Sourced by up.sh.

key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)

authority() {
  openssl ecparam -name prime256v1 -genkey -noout -out "$state/pki/accounts.key"
  openssl ec -in "$state/pki/accounts.key" -pubout -out "$state/pki/accounts.pub" 2>/dev/null
  openssl req -x509 "${key[@]}" -days 30 -subj /CN=crossdock-tests -keyout "$state/pki/ca.key" -out "$state/pki/ca.crt" \
    -addext keyUsage=critical,keyCertSign,digitalSignature 2>/dev/null
}

# certificate FILE SUBJECT [NAMES]
certificate() {
  local file=$state/pki/$1
  openssl req -new "${key[@]}" -subj "$2" -keyout "$file.key" -out "$file.csr" 2>/dev/null
  openssl x509 -req -in "$file.csr" -CA "$state/pki/ca.crt" -CAkey "$state/pki/ca.key" -CAcreateserial -days 30 -out "$file.crt" \
    -extfile <(printf 'extendedKeyUsage=serverAuth,clientAuth\n%s\n' "${3:+subjectAltName=$3}") 2>/dev/null
}

# access FILE CERTIFICATE SERVER: a kubeconfig.
access() {
  cat >"$1" <<YAML
apiVersion: v1
kind: Config
current-context: crossdock
contexts: [{name: crossdock, context: {cluster: crossdock, user: $2}}]
clusters:
- name: crossdock
  cluster: {server: "https://$3", certificate-authority-data: $(base64 -w0 "$state/pki/ca.crt")}
users:
- name: $2
  user: {client-certificate-data: $(base64 -w0 "$state/pki/$2.crt"), client-key-data: $(base64 -w0 "$state/pki/$2.key")}
YAML
  chmod 600 "$1"
}
