// Starts the program; a browser that cannot run it says so instead of waiting for ever.
import init from "%JS%";

init({ module_or_path: "%WASM%" }).catch((error) => {
  console.error(error);
  const text = document.querySelector(".loading__text") ?? document.body;
  text.textContent =
    "読み込めませんでした。ページを開き直してください。 / The page could not be loaded. Please open it again.";
  document.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
});
