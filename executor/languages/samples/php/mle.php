<?php
for ($kept = []; ; $kept[] = str_repeat(chr(count($kept) % 256), 1 << 20));
