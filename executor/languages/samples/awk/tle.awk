BEGIN { for (;;) number = !number }
