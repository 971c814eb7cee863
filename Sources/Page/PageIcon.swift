/// A cup, for the browser's tab.
enum PageIcon {
  static let path = "/cup.svg"

  static var response: PageResponse {
    PageResponse(.ok, type: "image/svg+xml", "\(drawing)", [("Cache-Control", "public, max-age=86400")])
  }

  private static let drawing: StaticString = """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#9a5b2b" d="M5 12h18v9a7 7 0 0 1-7 7h-4a7 7 0 0 \
    1-7-7z"/><path fill="none" stroke="#9a5b2b" stroke-width="2.6" d="M23 14.5h2a4 4 0 0 1 0 8h-2.6"/><path fill="none" \
    stroke="#9a5b2b" stroke-width="2" stroke-linecap="round" d="M10.500 3.500c-1.500 2 1.500 3 0 5.500M17.500 3.500c-1.500 \
    2 1.500 3 0 5.500"/></svg>
    """
}
