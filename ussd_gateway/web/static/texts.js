// The words of the pages, Russian and English; which of the two, the browser says or the reader.

const KEY = "ussd-gateway language";

const WORDS = {
  title: ["Телефон", "Handset"],
  theme: ["Вид", "Theme"],
  theme_auto: ["Как в системе", "As the system"],
  theme_light: ["Светлый", "Light"],
  theme_dark: ["Тёмный", "Dark"],
  page_language: ["Язык страницы", "Language of the page"],
  other_language: ["English", "Русский"],
  pages: ["Страницы", "Pages"],
  page_monitor: ["Монитор", "Monitor"],
  page_lk: ["Кабинет", "Account"],
  add_phone: ["Ещё телефон", "Add a phone"],
  remove_phone: ["Убрать телефон", "Remove the phone"],
  tools: ["Сценарии и push", "Scripts and push"],
  beside: ["PDU", "PDUs"],
  beside_http: ["По HTTP телефоны обходятся без PDU. Путь SMPP выбирается на вкладке «Абонент».",
    "Phones over HTTP need no PDUs. The way over SMPP is chosen under “Subscriber”."],
  no_network: ["Нет сети", "No network"],
  phone: ["Телефон {0}", "Phone {0}"],
  lost: ["нет связи со шлюзом", "gateway lost"],
  net_on: ["в сети", "on the network"],
  net_off: ["выключен", "switched off"],
  net_out_of_coverage: ["вне зоны действия", "out of coverage"],
  net_memory_full: ["память SMS заполнена", "SMS memory full"],
  way: ["Путь к шлюзу", "Way to the gateway"],
  way_http: ["HTTP", "HTTP"],
  way_smpp: ["SMPP (видно в PDU)", "SMPP (its PDUs are seen)"],
  screen_dial: ["Набор", "Keypad"],
  screen_messages: ["Сообщения", "Messages"],
  screen_settings: ["Абонент", "Subscriber"],
  dialled: ["Набираемый номер", "Number to dial"],
  dial_hint: ["*105# или 0505", "*105# or 0505"],
  call: ["Вызов", "Call"],
  erase: ["Стереть", "Erase"],
  running: ["Выполняется запрос…", "Running the code…"],
  ussd: ["Сообщение сети", "Network message"],
  reply: ["Ответ", "Reply"],
  send: ["Отправить", "Send"],
  cancel: ["Отмена", "Cancel"],
  ok: ["ОК", "OK"],
  elsewhere: ["Этот диалог ведёт другая программа", "Another program leads this dialogue"],
  new_message: ["Новое сообщение", "New message"],
  no_messages: ["Сообщений нет", "No messages"],
  back: ["Назад", "Back"],
  to: ["Кому", "To"],
  message: ["Текст сообщения", "Message"],
  new_sms: ["Новое SMS от {0}", "New SMS from {0}"],
  counter: ["{0} · осталось {1} · частей: {2}", "{0} · {1} left · parts: {2}"],
  refused: ["не доставлено: {0}", "not delivered: {0}"],
  calling: ["Вызов {0}", "Calling {0}"],
  call_ended: ["Разговор окончен", "Call ended"],
  hang_up: ["Завершить", "Hang up"],
  close: ["Закрыть", "Close"],
  key: ["Клавиша {0}", "Key {0}"],
  number: ["Номер абонента", "Subscriber's number"],
  apply: ["Сменить", "Change"],
  language: ["Язык абонента", "Subscriber's language"],
  lang_ru: ["Русский", "Russian"],
  lang_en: ["Английский", "English"],
  lang_translit: ["Транслит", "Transliteration"],
  network: ["Состояние сети", "Network state"],
  lk: ["Личный кабинет", "Personal account"],
  balance: ["Баланс", "Balance"],
  tariff: ["Тариф", "Tariff"],
  roubles: ["{0} ₽", "{0} RUB"],
  kind_opening: ["Начальный остаток", "Opening"],
  kind_adjustment: ["Корректировка", "Adjustment"],
  kind_topup: ["Пополнение", "Top-up"],
  kind_autopay: ["Автоплатеж", "Autopay"],
  kind_fee: ["Разовая плата", "Fee"],
  kind_daily: ["Плата за день", "Daily fee"],
  kind_monthly: ["Плата за месяц", "Monthly fee"],
  kind_usage: ["Связь", "Usage"],
  kind_transfer: ["Перевод", "Transfer"],
  kind_refund: ["Возврат", "Refund"],
  kind_promised: ["Обещанный платеж", "Promised payment"],
  kind_promised_repay: ["Возврат обещанного платежа", "Promised payment repaid"],
  kind_bonus: ["Бонус", "Bonus"],
  kind_budget: ["Бюджет", "Budget"],
  record: ["Запись", "Record"],
  recording: ["Остановить", "Stop"],
  nothing_recorded: ["Записывать было нечего", "Nothing happened: there is no script"],
  scripts: ["Сценарий", "Session script"],
  script_text: ["Текст сценария (YAML)", "Text of the script (YAML)"],
  open_file: ["Открыть файл", "Open a file"],
  save_file: ["Сохранить", "Save"],
  play: ["Воспроизвести", "Replay"],
  stop: ["Остановить", "Stop"],
  pace: ["Темп", "Pace"],
  pace_slow: ["медленно", "slow"],
  pace_normal: ["обычно", "normal"],
  pace_fast: ["сразу", "at once"],
  running_script: ["Идёт…", "Running…"],
  passed: ["Пройден", "Passed"],
  failed: ["Не пройден", "Failed"],
  error: ["Ошибка", "Error"],
  stopped: ["Остановлен", "Stopped"],
  not_checked: ["Не проверено", "Not checked"],
  run_of: ["Прогон {0} из {1}", "Run {0} of {1}"],
  expected: ["ожидалось: {0}", "expected: {0}"],
  actual: ["получено: {0}", "actual: {0}"],
  push: ["Push от сети", "Push from the network"],
  push_to: ["На телефон", "To the phone"],
  push_text: ["Текст", "Text"],
  push_ask: ["Ждать ответа (USSR)", "Ask for an answer (USSR)"],
  push_queued: ["в очереди", "queued"],
  push_shown: ["показано, ждём ответа", "shown, waiting"],
  push_confirmed: ["показано", "shown"],
  push_answered: ["ответ: {0}", "answer: {0}"],
  push_failed: ["не удалось: {0}", "failed: {0}"],
  token: ["Токен шлюза (http.token)", "Token of the gateway (http.token)"],
  unreachable: ["Шлюз не отвечает", "The gateway does not answer"],
};

let language = localStorage.getItem(KEY) ?? (navigator.language.toLowerCase().startsWith("ru") ? "ru" : "en");

/** Words of one page only: name -> [Russian, English]. */
export const learn = (more) => Object.assign(WORDS, more);

/** `ru` or `en`. */
export const current = () => language;

/** Speak this language from now on. */
export function speak(name) {
  language = name === "ru" ? "ru" : "en";
  localStorage.setItem(KEY, language);
  document.documentElement.lang = language;
}

/** The words for a name, values put in their places. */
export function t(name, ...values) {
  const words = WORDS[name]?.[language === "ru" ? 0 : 1] ?? name;
  return words.replace(/\{(\d)\}/g, (_, index) => String(values[Number(index)] ?? ""));
}

/** A refusal in words. */
export const words = (error) => (error.status === 0 ? t("unreachable") : error.message);
