// Has the part of the page that it stands in run again in a moment: Streamlit's own way to do so
// goes on until the whole page is run anew. A page that is being run waits for nobody.
export default function ({ data, setTriggerValue }) {
  const app = document.querySelector("[data-testid=stApp]")
  const timer = setInterval(() => {
    if (app.dataset.testScriptState !== "notRunning") return
    clearInterval(timer)
    setTriggerValue("moment", data.asked)
  }, data.milliseconds)
  return () => clearInterval(timer)
}
