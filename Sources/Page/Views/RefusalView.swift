import Digest

/// What is shown instead of a view.
enum RefusalView {
  static func document(_ status: PageResponse.Status, _ details: String?, visit: Visit?) -> String {
    let (title, explanation) = words(status)
    return Frame.document(
      title, place: nil, visit: visit,
      [
        .div(
          "empty",
          [
            .p("code", "\(status.rawValue)"), .element(.h1, text: title),
            .element(.p, text: details ?? explanation), .p([.link("/", "To the digest")]),
          ])
      ])
  }

  private static func words(_ status: PageResponse.Status) -> (title: String, explanation: String) {
    switch status {
    case .notFound: ("There is nothing here", "No view has this address.")
    case .methodNotAllowed: ("That cannot be done here", "This address only shows something; it takes GET and HEAD.")
    case .misdirected:
      ("Not under this name", "This page answers to localhost, 127.0.0.1 and [::1] with its port, and to nobody else.")
    case .forbidden:
      (
        "Not from there",
        "Forms are taken from this page only, in the browser that opened the address with the token; nothing was done."
      )
    case .badRequest: ("That was no request", "What the browser sent is not understood.")
    case .bodyTooLarge, .targetTooLong, .fieldsTooLarge: ("Too long", "No request to this page is that long.")
    case .timeout: ("Too slow", "The request did not arrive in time.")
    case .busy: ("Too much at once", "Come back in a moment.")
    case .failed: ("Something went wrong", "The view could not be made; `hubwatch doctor` says more.")
    case .ok, .seeOther, .notModified: ("hubwatch", "")
    }
  }
}
