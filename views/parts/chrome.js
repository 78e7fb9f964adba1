// Streamlit's own words are English and fixed: this puts the chosen language in their place,
// in this visitor's page only, and tells screen readers which language the page speaks.
const WORDS = new WeakMap()
const ENGLISH = new WeakMap() // what a text or an attribute was before, by its node
const USERS_OWN = "[data-testid='stMarkdown'], [data-testid='stText'], textarea, input"
const ATTRIBUTES = ["aria-label", "placeholder", "title"]

const translated = (text, words) => {
  const key = text.trim()
  if (!key) return null
  if (Object.hasOwn(words.exact, key)) return text.replace(key, words.exact[key])
  for (const [pattern, replacement] of words.patterns) {
    if (pattern.test(key)) return text.replace(key, key.replace(pattern, replacement))
  }
  return null
}

// What stands in the page, back in English first: the language may have been changed.
const inLanguage = (node, place, present, words) => {
  const known = ENGLISH.get(node)?.[place]
  const english = known?.text === present ? known.english : present
  const text = translated(english, words) ?? english
  if (text !== english) ENGLISH.set(node, { ...ENGLISH.get(node), [place]: { text, english } })
  return text
}

const translateText = (node, words) => {
  if (node.parentElement?.closest(USERS_OWN)) return
  const text = inLanguage(node, "", node.data, words)
  if (text !== node.data) node.data = text
}

const translateAttributes = (element, words) => {
  for (const name of ATTRIBUTES) {
    const value = element.getAttribute(name)
    const text = value && inLanguage(element, name, value, words)
    if (text && text !== value) element.setAttribute(name, text)
  }
}

const translate = (node, words) => {
  if (node.nodeType === Node.TEXT_NODE) translateText(node, words)
  if (node.nodeType !== Node.ELEMENT_NODE) return
  translateAttributes(node, words)
  node.childNodes.forEach((child) => translate(child, words))
}

export default function ({ data, parentElement }) {
  document.documentElement.lang = data.language
  WORDS.get(parentElement)?.disconnect()
  const words = {
    exact: data.exact,
    patterns: data.patterns.map(([pattern, text]) => [new RegExp(`^${pattern}$`), text]),
  }
  const observer = new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "childList") change.addedNodes.forEach((node) => translate(node, words))
      else if (change.type === "characterData") translateText(change.target, words)
      else translateAttributes(change.target, words)
    }
  })
  WORDS.set(parentElement, observer)
  translate(document.body, words)
  observer.observe(document.body, {
    attributes: true,
    attributeFilter: ATTRIBUTES,
    characterData: true,
    childList: true,
    subtree: true,
  })
  return () => observer.disconnect()
}
