#!/bin/sh
# Fetches what the page takes from npm and makes FOLDER/vendor of it: `install.sh FOLDER`.
# Does nothing, and needs no network, when FOLDER/vendor was made from the same files before.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?usage: install.sh FOLDER}
inputs="package.json package-lock.json .npmrc bundle.mjs editor.js markdown.js maths.js"

stamp=$(cd "$here" && cat $inputs | sha256sum | cut -d ' ' -f 1)
if [ "$(cat "$folder/vendor/.stamp" 2>/dev/null)" = "$stamp" ]; then
    exit 0
fi

mkdir -p "$folder"
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$folder/"
rm -rf "$folder/vendor"
npm ci --prefix "$folder" --loglevel=error
node "$here/bundle.mjs" "$folder"
echo "$stamp" > "$folder/vendor/.stamp"
