import Catalog
import Digest
import Domain
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Page

@Suite("The page's views")
struct SiteTests {
  private func page(_ target: String, _ site: Site) throws -> Markings {
    let answer = site.answer(try request(target))
    #expect(answer.status == .ok && answer.header("Content-Type") == "text/html; charset=utf-8", "\(target)")
    return try Markings(answer.text)
  }

  @Test func theDigestTellsWhatIsNewAndHowThingsStand() throws {
    let rooms = try Rooms()
    let text = try page("/", rooms.site()).text
    for words in [
      "8 models polled, 8 new", "Ready to try", "maker/good-GGUF", "New and worth a look",
      "Behind terms that only you can accept",
      "maker/closed", "Trouble: trouble", "Left out by rule", "1 trouble", "This page only shows.",
    ] {
      #expect(text.contains(words), "\(words)")
    }
  }

  @Test func whatIsReadIsNotTold() throws {
    let rooms = try Rooms()
    try rooms.catalog.setMark(ReadMark.name, "\((rooms.now - 60).timeIntervalSince1970)")
    let site = try rooms.site()
    #expect(try page("/", site).text.contains("No new models."))
    #expect(try page("/?since=2020-01-01", site).text.contains("8 models polled"))
    #expect(try page("/?since=yesterday", site).text.contains("8 models polled"))
    // A day that is none counts as not said.
    #expect(try page("/?since=2020-02-31", site).text.contains("No new models."))
  }

  @Test func theCatalogIsSearchedAndFiltered() throws {
    let site = try Rooms().site()
    func found(_ query: String) throws -> [String] {
      let links = try page("/models?\(query)", site).tags.filter { $0.name == "a" }
      return links.compactMap { $0.attributes["href"] }.filter { $0.hasPrefix("/models/") }.map {
        String($0.dropFirst(8))
      }
    }
    #expect(try found("").count == 7)
    #expect(try found("state=leftOut") == ["third/out"])
    #expect(try found("q=good") == ["maker/good-GGUF"])
    #expect(try found("org=third&sort=name") == ["third/none", "third/odd"])
    #expect(try found("fits=1") == ["maker/good-GGUF"])
    #expect(try found("verdict=pass") == ["maker/good-GGUF"])
    #expect(try found("gated=yes") == ["maker/closed"])
    #expect(try found("size=xs").isEmpty && found("size=m").count == 7)
    #expect(try found("license=mit&state=sized&sort=name") == ["maker/good-GGUF", "other/big-GGUF"])
    #expect(try found("arch=LLAMA&sort=likes").first == "third/none")
    let list = try page("/models?state=sized&q=gguf", site)
    #expect(list.text.contains("2 models, the best match first.") && list.text.contains("8.0 B"))
    #expect(list.tags.contains { $0.name == "a" && $0.attributes["href"] == "/models?state=sized" })
    #expect(
      list.tags.contains {
        $0.name == "option" && $0.attributes["selected"] != nil && $0.attributes["value"] == "sized"
      })
  }

  @Test func aModelIsShownWithEverything() throws {
    let text = try page("/models/maker/good-GGUF", Rooms().site()).text
    for words in [
      "maker / good-GGUF", "8.0 B parameters", "Fit", "card", "24 GiB card", "Q8_0", "Q4_K_M", "128 k", "On this disk",
      "passed", "12.0 tokens/s", "9.50", "5.00 GiB", "Probes: 1 of 1 passed", "Family of", "Files",
      "What its maker says",
      "commit aaaaaaaa", "models--maker--good-GGUF/snapshots",
    ] {
      #expect(text.contains(words), "\(words)")
    }
    // Nobody who only looks is shown a button.
    #expect(!text.contains("Pull") && !text.contains("Drop"))
  }

  @Test func downloadsSayHowFarTheyAreAndWhatTheyWaitFor() throws {
    let answer = try Rooms().site().answer(try request("/downloads"))
    let page = try Markings(answer.text)
    #expect(page.text.contains("1 arriving, 1 waiting") && page.text.contains("33 %"))
    #expect(page.text.contains("reason") && page.text.contains("tried again in 10 min"))
    #expect(
      page.tags.contains {
        $0.name == "meta" && $0.attributes["http-equiv"] == "refresh" && $0.attributes["content"] == "4"
      })
    #expect(page.tags.contains { $0.name == "progress" && $0.attributes["value"] == "333" })
  }

  @Test func trendsAreDrawn() throws {
    let trends = try page("/trends", Rooms().site())
    #expect(trends.text.contains("New models a week") && trends.text.contains("Largest model that fits your card"))
    #expect(trends.tags.contains { $0.name == "svg" && $0.attributes["role"] == "img" })
  }

  @Test func everyViewHasItsLandmarksAndOneHeading() throws {
    let site = try Rooms().site()
    for target in ["/", "/models", "/models/maker/good-GGUF", "/downloads", "/trends"] {
      let names = try page(target, site).tags.map(\.name)
      for name in ["header", "main", "footer", "h1"] {
        #expect(names.filter { $0 == name }.count == 1, "\(target): \(name)")
      }
      #expect(names.contains("nav"))
    }
  }

  @Test func whatIsStaticMayBeKept() throws {
    let site = try Rooms().site()
    let style = site.answer(try request(PageStyle.path))
    #expect(style.status == .ok && style.header("Cache-Control")?.contains("immutable") == true)
    for word in ["@import", "url(http", "url(//", "expression("] { #expect(!style.text.contains(word)) }
    #expect(style.text.filter { $0 == "{" }.count == style.text.filter { $0 == "}" }.count)
    let icon = site.answer(try request(PageIcon.path))
    #expect(icon.status == .ok && icon.header("Content-Type") == "image/svg+xml" && !icon.text.contains("script"))
  }

  @Test func beforeAnythingWasRecordedThereIsAPageAllTheSame() throws {
    var house = PageHouse(
      catalog: { () throws(CatalogError) -> Catalog? in nil },
      sheet: { (_, _) throws(CatalogError) -> FitSheet? in nil },
      devices: [])
    house.now = { Date(timeIntervalSince1970: 1_800_000_000) }
    let site = Site(house, port: Rooms.port, acts: false)
    for target in ["/", "/models", "/models?q=x", "/downloads", "/trends"] { _ = try page(target, site) }
    #expect(site.answer(try request("/models/a/b")).status == .notFound)
    #expect(site.answer(try request("/metrics")).text.contains("hubwatch_healthy 1"))
  }

  @Test func aCatalogThatCannotBeReadIsSaidSo() throws {
    let folder = try TemporaryFolder()
    try Data("no database at all, and long enough to be asked".utf8)
      .write(to: URL(fileURLWithPath: "\(folder.path)/hubwatch.sqlite"))
    let house = PageHouse(
      catalog: { () throws(CatalogError) -> Catalog? in try Catalog.ifPresent(folder: folder.path) },
      sheet: { (_, _) throws(CatalogError) -> FitSheet? in nil }, devices: [])
    let answer = Site(house, port: Rooms.port, acts: false).answer(try request("/models"))
    #expect(answer.status == .failed && answer.text.contains("hubwatch.sqlite"))
  }

  // MARK: Who may ask

  @Test(arguments: [
    "evil.example", "127.0.0.1", "127.0.0.1:4871", "localhost:80", "", "127.0.0.1:4870.evil.example", "[::1]",
    "0.0.0.0:4870",
  ])
  func anotherHostIsMisdirected(host: String) throws {
    let site = try Rooms().site()
    for target in ["/", "/metrics", PageStyle.path] {
      #expect(site.answer(try request(target, .get, ["host": host])).status == .misdirected)
    }
  }

  @Test(arguments: ["127.0.0.1:4870", "localhost:4870", "LOCALHOST:4870", "[::1]:4870"])
  func ourOwnNamesAreRight(host: String) throws {
    #expect(try Rooms().site().answer(try request("/", .get, ["host": host])).status == .ok)
  }

  @Test func foreignSitesMayLinkHereAndNothingElse() throws {
    let site = try Rooms().site()
    let link = ["sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"]
    #expect(site.answer(try request("/models", .get, link)).status == .ok)
    for change in [("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "iframe"), ("sec-fetch-mode", "cors")] {
      let headers = link.merging([change.0: change.1]) { $1 }
      #expect(site.answer(try request("/models", .get, headers)).status == .forbidden)
    }
  }

  @Test func aPageThatOnlyShowsTakesNoForms() throws {
    let site = try Rooms().site()
    for path in ["/", "/pull", "/read"] {
      let answer = site.answer(try request(path, .post, ["origin": "http://127.0.0.1:4870"], form: [("form", "x")]))
      #expect(answer.status == .methodNotAllowed && answer.header("Allow") == "GET, HEAD")
    }
    #expect(site.answer(try request("/?token=abc")).status == .forbidden)
    #expect(!site.address.contains("token"))
  }

  // MARK: Acting

  /// A site that writes down what it is asked for, and the right headers and form for it.
  private func acting() throws -> (site: Site, asked: Asked, headers: [String: String], form: String) {
    let asked = Asked()
    let site = try Rooms().site(perform: { action in
      asked.actions.withLock { $0.append(action) }
      return .init(isDone: true, words: "it <b>was</b> done")
    })
    let token = try #require(site.address.split(separator: "=").last.map(String.init))
    #expect(token.count == 64)
    let opening = site.answer(try request("/?token=\(token)"))
    #expect(opening.status == .seeOther && opening.header("Location") == "/")
    let cookie = try #require(opening.header("Set-Cookie"))
    #expect(cookie.hasSuffix("; Path=/; HttpOnly; SameSite=Strict"))
    let headers = [
      "cookie": String(cookie.prefix { $0 != ";" }), "origin": "http://127.0.0.1:4870", "sec-fetch-site": "same-origin",
    ]
    let page = try Markings(site.answer(try request("/downloads", .get, headers)).text)
    let form = try #require(
      page.tags.first { $0.name == "input" && $0.attributes["name"] == "form" }?.attributes["value"])
    #expect(form != token)
    return (site, asked, headers, form)
  }

  private final class Asked: Sendable {
    let actions = Mutex<[PageAction]>([])
  }

  @Test func whoHasTheTokenMayAct() throws {
    let (site, asked, headers, form) = try acting()
    let id = try #require(RepoID("maker/good-GGUF"))
    let wishes: [(String, [(name: String, value: String)], PageAction, String)] = [
      ("/pull", [("model", "maker/good-GGUF")], .pull(id), "/models/maker/good-GGUF"),
      ("/keep", [("model", "maker/good-GGUF")], .keep(id), "/models/maker/good-GGUF"),
      ("/drop", [("model", "maker/good-GGUF")], .drop(id), "/models/maker/good-GGUF"),
      ("/pause", [], .pause, "/downloads"), ("/resume", [], .resume, "/downloads"),
      ("/read", [("until", "1800000000")], .markRead(until: Date(timeIntervalSince1970: 1_800_000_000)), "/"),
    ]
    for (path, fields, action, back) in wishes {
      let answer = site.answer(try request(path, .post, headers, form: fields + [("form", form)]))
      #expect(answer.status == .seeOther)
      #expect(asked.actions.withLock { $0.popLast() } == action)
      let location = try #require(answer.header("Location"))
      #expect(location.hasPrefix("\(back)?news="))
      // What came of it is told once the browser has gone on, to nobody else.
      #expect(try Markings(site.answer(try request(location, .get, headers)).text).text.contains("it <b>was</b> done"))
      #expect(!site.answer(try request(location)).text.contains("was"))
    }
  }

  @Test func everybodyElseMayNot() throws {
    let (site, asked, headers, form) = try acting()
    func status(_ change: (inout [String: String]) -> Void, _ field: String? = nil) throws -> PageResponse.Status {
      var changed = headers
      change(&changed)
      return site.answer(try request("/pause", .post, changed, form: [("form", field ?? form)])).status
    }
    #expect(try status({ $0["cookie"] = nil }) == .forbidden)
    #expect(try status({ $0["cookie"] = "hubwatch-4870=\(String(repeating: "0", count: 64))" }) == .forbidden)
    #expect(try status({ $0["origin"] = nil }) == .forbidden)
    #expect(try status({ $0["origin"] = "null" }) == .forbidden)
    #expect(try status({ $0["origin"] = "http://127.0.0.1:4871" }) == .forbidden)
    #expect(try status({ $0["origin"] = "http://localhost:4870" }) == .forbidden)
    #expect(try status({ $0["sec-fetch-site"] = "cross-site" }) == .forbidden)
    #expect(try status({ $0["sec-fetch-site"] = "same-site" }) == .forbidden)
    #expect(try status({ $0["host"] = "evil:4870" }) == .misdirected)
    #expect(try status({ _ in }, String(form.reversed())) == .forbidden)
    #expect(try status({ _ in }, "") == .forbidden)
    #expect(site.answer(try request("/?token=\(form)")).status == .forbidden)
    #expect(asked.actions.withLock { $0.isEmpty })
    // Whoever has no cookie sees no buttons either.
    #expect(try !Markings(site.answer(try request("/downloads")).text).tags.contains { $0.name == "button" })
    for fields in [[("model", "../x")], [("model", "")], []] as [[(name: String, value: String)]] {
      #expect(
        site.answer(try request("/pull", .post, headers, form: fields + [("form", form)])).status == .badRequest)
    }
    #expect(
      site.answer(try request("/read", .post, headers, form: [("until", "nan"), ("form", form)])).status == .badRequest)
    #expect(site.answer(try request("/nothing", .post, headers, form: [("form", form)])).status == .badRequest)
  }
}
