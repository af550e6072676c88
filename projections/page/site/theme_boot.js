// Sets the chosen theme before anything is painted; theme.js changes it later.
try {
  const chosen = localStorage.getItem("judgestream.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be forbidden; then the system's theme is followed.
}
